// The same server for the same name, as long as the list of servers is the same.
const { crc32 } = require("crc");

exports.pick = (name, servers = []) => servers[Math.abs(crc32(String(name))) % servers.length];
