// Pomelo takes over what it finds by for..in: methods of a literal, not of a class.
const { pick } = require("../../../pick");

module.exports = (app) => ({
    queryEntry({ uid }, session, next) {
        const connector = uid && pick(uid, app.getServersByType("connector"));
        if (!connector)
            return next(null, { code: 500 });
        next(null, { code: 200, host: connector.host, port: connector.clientPort });
    },
});
