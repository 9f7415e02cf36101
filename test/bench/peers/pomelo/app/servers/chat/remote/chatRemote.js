const nameOf = (uid) => uid.split("*")[0];

module.exports = (app) => {
    const channels = app.get("channelService");

    return {
        /** The members learn of the newcomer, the newcomer of all members. */
        add(uid, connector, rid, done) {
            const channel = channels.getChannel(rid, true);
            channel.pushMessage({ route: "onAdd", user: nameOf(uid) });
            channel.add(uid, connector);
            done(channel.getMembers().map(nameOf));
        },

        kick(uid, connector, rid, done) {
            const channel = channels.getChannel(rid, false);
            channel?.leave(uid, connector);
            channel?.pushMessage({ route: "onLeave", user: nameOf(uid) });
            done();
        },
    };
};
