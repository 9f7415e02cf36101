"""The command line of citron."""

import argparse
import json
import os
import sqlite3
import sys
from pathlib import Path

from . import backup
from . import conf as conf_module
from . import control, keys, wire
from .conf import ConfError
from .printing import clean
from .supervisor import Supervisor

ROOT = Path(__file__).resolve().parent.parent.parent


def main():
    options = _parse()
    try:
        status = options.run(options) or 0
        sys.stdout.flush()
        return status
    except ConfError as error:
        print(f"citron: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
    except OSError as error:
        print(f"citron: {error.filename or 'this machine'}: {error.strerror or error}", file=sys.stderr)
        return 2


def _parse():
    parser = argparse.ArgumentParser(prog="citron", description="Starts a citron cluster, and looks after it.")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--conf", default="conf", help="folder with servers.json (default: conf)")
    common.add_argument("--env", default="development", help="section of servers.json (default: development)")
    common.add_argument("--run-dir", help="holds logs/, data/ and run/ (default: the parent of the conf folder)")
    commands = parser.add_subparsers(required=True, metavar="command")

    start = commands.add_parser("start", parents=[common], help="run every server of servers.json until Ctrl-C")
    start.add_argument("--no-restart", dest="restart", action="store_false", help="leave a dead server dead (also RESTART=no)")
    start.add_argument("--bin-dir", default="build/bin", help="folder with the server binaries (default: build/bin)")
    start.set_defaults(run=_start, restart=os.environ.get("RESTART") != "no")

    list_ = commands.add_parser("list", parents=[common], help="the servers, and how they are")
    list_.add_argument("--json", action="store_true")
    list_.set_defaults(run=_list)

    stats = commands.add_parser("stats", parents=[common], help="counters of one server, or of all")
    stats.add_argument("id", nargs="?")
    stats.add_argument("--json", action="store_true")
    stats.set_defaults(run=_stats)

    stop = commands.add_parser("stop", parents=[common], help="end one server in order; it is not started again")
    stop.add_argument("id")
    stop.set_defaults(run=_stop)

    restart = commands.add_parser("restart", parents=[common], help="end every server in order and start it again, one after another")
    restart.add_argument("id", nargs="?", help="this one alone")
    restart.set_defaults(run=_restart)

    reload = commands.add_parser("reload", parents=[common], help="let every server read its certificate and key again")
    reload.add_argument("id", nargs="?", help="this one alone")
    reload.set_defaults(run=_reload)

    add = commands.add_parser("add", parents=[common], help="one more chat server or connector, now")
    add.add_argument("kind", choices=("chat", "connector"))
    add.add_argument("--id", help="default: the next free one, e.g. chat-server-4")
    add.add_argument("--client-port", type=_port, help="connector: default the next free one")
    add.set_defaults(run=_add)

    copy = commands.add_parser("backup", parents=[common], help="copy the history into a new file, while servers run")
    copy.add_argument("file", type=Path)
    copy.set_defaults(run=_backup)

    keygen = commands.add_parser("keygen", parents=[common], help="make the keys with which servers and tools show who they are")
    change = keygen.add_mutually_exclusive_group()
    change.add_argument("--rotate", nargs="*", metavar="ROLE", help="new ones for these roles (default: all); the old ones stay good")
    change.add_argument("--retire", nargs="*", metavar="ROLE", help="old ones are good no more")
    keygen.set_defaults(run=_keygen)

    options = parser.parse_args()
    if not (Path(options.conf) / "servers.json").exists() and options.conf == "conf":
        options.conf = str(ROOT / "conf")  # the command works from any folder
    options.root = str(ROOT)
    options.run_dir = str(Path(options.run_dir or Path(options.conf).resolve().parent).resolve())
    return options


def _port(text):
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError
    return number


def _start(options):
    conf = conf_module.load(options.conf, options.env)
    options.conf = str(Path(options.conf).resolve())
    return Supervisor(conf, options).run()


# ---- asking

def _line_to_broker(options):
    conf = conf_module.load(options.conf, options.env)
    endpoint = conf.broker.endpoint("port")
    peer = wire.Peer(endpoint, lambda: keys.load(conf))
    if not peer.wait(lambda: peer.view, 2.0):
        return None, conf, endpoint
    return peer, conf, endpoint


def _read_stats(peer, ids):
    """id -> dict of counters, or None. Ends the line: it is the last thing a command asks."""
    stats = {}
    answers = peer.ask_all(ids, wire.STATS_ROUTE)
    peer.close()
    for id_, (code, body) in answers.items():
        try:
            stats[id_] = json.loads(body) if code == 0 else None
        except ValueError:
            stats[id_] = None
    return stats


def _memory_of(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as status:
            return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))
    except (OSError, StopIteration):
        return None


def _list(options):
    supervisor = control.ask(options.run_dir, {"command": "list"})
    if supervisor and "error" in supervisor:
        print(f"citron: {supervisor['error']}", file=sys.stderr)
        return 1
    peer, conf, endpoint = _line_to_broker(options)
    if supervisor is None and peer is None:
        print(f"citron: no cluster here: nobody answers in {options.run_dir}/run, no broker at {endpoint}", file=sys.stderr)
        return 1
    rows = {row["id"]: row for row in (supervisor or {}).get("servers", [])}
    in_view = {server.id: server for server in (peer.view.servers if peer else [])}
    stats = _read_stats(peer, [conf.broker.id, *in_view]) if peer else {}
    for id_ in [conf.broker.id, *in_view] if peer else []:
        kind = wire.SERVER_KINDS[in_view[id_].kind] if id_ in in_view else "broker"
        rows.setdefault(id_, {"id": id_, "kind": kind, "state": "running", "pid": None, "uptime": None, "restarts": None})
    for row in rows.values():
        _complete(row, conf, peer, in_view.get(row["id"]), stats.get(row["id"]) or {})
    if options.json:
        print(json.dumps(list(rows.values())))
    else:
        _print_table(list(rows.values()))
    return 0


def _complete(row, conf, peer, info, stats):
    """Adds what the view and the server itself say of it."""
    row["pid"] = row["pid"] or stats.get("pid")
    row["rss"] = stats.get("rss_bytes") or (_memory_of(row["pid"]) if row["pid"] else None)
    row["uptime"] = row["uptime"] if row["uptime"] is not None else stats.get("uptime_ms", 0) / 1000 or None
    row["port"] = info.port if info else None
    row["sessions"], row["rooms"] = stats.get("sessions.open"), stats.get("rooms.open")
    if row["state"] == "running" and peer and row["kind"] != "broker":
        row["state"] = "starting" if info is None else "draining" if info.draining else "up"
    elif row["state"] == "running" and row["kind"] == "broker":
        row["state"] = "up" if peer else "no answer"


def _print_table(rows):
    head = ("ID", "KIND", "STATE", "PID", "PORT", "RSS", "SESSIONS", "ROOMS", "UPTIME", "RESTARTS")
    lines = [head]
    for row in rows:
        rss = f"{row['rss'] / 1e6:.1f} MB" if row["rss"] else None
        cells = (row["id"], row["kind"], row["state"], row["pid"], row["port"] or None, rss, row["sessions"], row["rooms"],
                 _duration(row["uptime"]), row["restarts"])
        lines.append(tuple("-" if cell is None else clean(str(cell)) for cell in cells))
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    for line in lines:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip())


def _duration(seconds):
    if seconds is None:
        return None
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02}m" if hours else f"{minutes}m{seconds:02}s" if minutes else f"{seconds}s"


def _stats(options):
    peer, conf, endpoint = _line_to_broker(options)
    if peer is None:
        print(f"citron: no broker answers at {endpoint}", file=sys.stderr)
        return 1
    ids = [options.id] if options.id else [conf.broker.id, *(server.id for server in peer.view.servers)]
    stats = _read_stats(peer, ids)
    silent = [id_ for id_ in ids if stats.get(id_) is None]
    stats = {id_: values for id_, values in stats.items() if values is not None}
    if options.json:
        print(json.dumps(stats))
    else:
        for id_ in sorted(stats):
            for name, value in sorted(stats[id_].items()):
                print(clean(f"{id_} {name} {value}"))
    for id_ in silent:
        print(f"citron: {clean(id_)} does not answer", file=sys.stderr)
    return 1 if silent else 0


# ---- telling

def _backup(options):
    """What was acknowledged before it began is in the copy."""
    source = Path(options.run_dir) / "data" / "history.db"
    if not source.exists():
        print(f"citron: {source}: there is no history yet", file=sys.stderr)
        return 2
    try:
        messages = backup.make(source, options.file)
    except OSError as error:
        print(f"citron: {options.file}: {error.strerror}", file=sys.stderr)
        return 2
    except sqlite3.Error as error:
        print(f"citron: {source}: {error}", file=sys.stderr)
        return 1
    print(f"{messages} messages in {options.file}")
    return 0


def _keygen(options):
    conf = conf_module.load(options.conf, options.env)
    folder = conf.broker.keys or conf.file.parent / "keys"
    wanted = options.rotate if options.rotate is not None else options.retire
    roles = wanted or keys.ROLES
    for role in roles:
        if role not in keys.ROLES:
            raise ConfError(f"{role}: is no role ({', '.join(keys.ROLES)})")
    if options.rotate is not None:
        keys.rotate(folder, roles)
        print(f"{folder}: new keys for {', '.join(roles)}; the old ones stay good until citron keygen --retire")
        print(f"to take them into use: copy the files to the other hosts, then: citron restart {conf.broker.id}")
    elif options.retire is not None:
        print(f"{folder}: {keys.retire(folder, roles)} old keys are good no more for who connects from now on")
    else:
        keys.make(folder, roles)
        print(f"{folder}: keys for {', '.join(roles)}")
        if conf.broker.keys is None:
            print(f'to use them: "keys": "keys" in the broker\'s line of {conf.file} ({conf.env})')
    return 0


def _ask_supervisor(options, request):
    answer = control.ask(options.run_dir, request, None)  # which has time limits of its own
    if answer is None:
        answer = {"error": f"no cluster runs in {options.run_dir} (citron start)"}
    if "error" in answer:
        print(f"citron: {answer['error']}", file=sys.stderr)
        return None
    return answer


def _stop(options):
    answer = _ask_supervisor(options, {"command": "stop", "id": options.id})
    if answer is None:
        return 1
    print(f"{answer['id']} has ended (exit {answer['exit']})")
    return 0


def _restart(options):
    """Chat servers, connectors, gates, the broker; the next one when the last is back."""
    running = _ask_supervisor(options, {"command": "list"})
    if running is None:
        return 1
    rows = [row for kind in ("chat", "connector", "gate", "broker") for row in running["servers"] if row["kind"] == kind]
    for row in rows:
        if options.id is None and row["state"] != "running":
            print(f"{row['id']} is {row['state']}: left so", flush=True)
            continue
        if options.id not in (None, row["id"]):
            continue
        print(f"{row['id']} is being restarted", flush=True)
        answer = _ask_supervisor(options, {"command": "restart", "id": row["id"]})
        if answer is None:
            return 1
        print(f"{answer['id']} is back (pid {answer['pid']}; it ended with {answer['exit']})", flush=True)
    if options.id is not None and all(row["id"] != options.id for row in rows):
        print(f"citron: {options.id}: no such server here", file=sys.stderr)
        return 1
    return 0


def _reload(options):
    answer = _ask_supervisor(options, {"command": "reload", "id": options.id})
    if answer is None:
        return 1
    for id_ in answer["servers"]:
        print(f"{id_} reads its files again")
    return 0


def _add(options):
    if options.kind == "chat" and options.client_port is not None:
        raise ConfError("--client-port: a chat server has none")
    request = {"command": "add", "kind": options.kind, "id": options.id, "port": options.client_port}
    answer = _ask_supervisor(options, request)
    if answer is None:
        return 1
    port = f", port {answer['port']}" if answer["port"] else ""
    print(f"{answer['id']} is up (pid {answer['pid']}{port})")
    return 0
