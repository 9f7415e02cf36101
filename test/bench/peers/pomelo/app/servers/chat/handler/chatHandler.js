module.exports = (app) => {
    const channels = app.get("channelService");

    return {
        send({ content, target, route }, session, next) {
            const rid = session.get("rid");
            const channel = channels.getChannel(rid, false);
            const push = { route: "onChat", msg: content, from: session.uid.split("*")[0], target };
            if (target === "*") {
                channel.pushMessage(push);
            } else {
                const uid = `${target}*${rid}`;
                channels.pushMessageByUids(push, [{ uid, sid: channel.getMember(uid).sid }]);
            }
            next(null, { route });
        },
    };
};
