module.exports = (app) => {
    function leave(session) {
        if (session?.uid)
            app.rpc.chat.chatRemote.kick(session, session.uid, app.get("serverId"), session.get("rid"), null);
    }

    return {
        enter({ username, rid }, session, next) {
            const uid = `${username}*${rid}`;
            if (app.get("sessionService").getByUid(uid))
                return next(null, { code: 500, error: true });
            session.bind(uid);
            session.set("rid", rid);
            session.push("rid");
            session.on("closed", leave);
            app.rpc.chat.chatRemote.add(session, uid, app.get("serverId"), rid, (users) => next(null, { users }));
        },
    };
};
