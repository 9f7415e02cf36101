// What a connector or a client missed: state answers, resume, history.
#include "backend/channel_service.hpp"

#include <algorithm>
#include <utility>

namespace citron::backend {

using protocol::head;
using protocol::message;
using protocol::sync_state;

namespace {

/// Messages stored but not published when the answer was fixed come as broadcasts.
void keep_up_to(std::vector<message>& messages, std::uint64_t offset)
{
    std::erase_if(messages, [offset](const message& m) { return m.offset > offset; });
}

} // namespace

void channel_service::send_state(channel& c, const std::string& connector, const head& seen,
                                 std::vector<protocol::session_id> evicted, std::uint64_t call_id)
{
    sync_state state{.at = c.at(), .evicted = std::move(evicted)};
    state.roster_known = seen.term != state.at.term || seen.rev != state.at.rev;
    if (state.roster_known)
        state.users = c.users();
    auto send = [this, rid = c.rid(), connector, call_id](const std::string& body) {
        if (call_id)
            return answer({connector, call_id}, rid, errc::ok, body);
        unsaid_ += rpc_.notify_server(connector, rid, protocol::channel_state, body) ? 0 : 1;
    };
    const bool same_epoch = seen.epoch == state.at.epoch;
    state.lost = !same_epoch && !seen.epoch.empty();
    if (!same_epoch || seen.offset >= state.at.offset)
        return send(protocol::pack(state));
    history_.read_after(
        c.rid(), seen.offset, options_.repair,
        [this, rid = c.rid(), connector, call_id, state = std::move(state), send](page p) mutable {
            if (!is_open(rid))
                return;              // moved meanwhile: the connector enrolls with the next owner
            if (p.failed && call_id) // it asks again
                return answer({connector, call_id}, rid, errc::unavailable, {});
            state.messages = std::move(p.messages);
            keep_up_to(state.messages, state.at.offset);
            state.lost = p.trimmed;
            state.more =
                p.failed || (!state.messages.empty() && state.messages.back().offset < state.at.offset);
            auto body = protocol::pack(state);
            if (body.size() > most_in_body) { // the users are told in the next answer
                state.users.clear();
                state.roster_known = false;
                state.more = true;
                body = protocol::pack(state);
            }
            send(body);
        });
}

void channel_service::welcome(const caller& to, const std::string& rid, const protocol::add& request,
                              protocol::added answer)
{
    if (request.resume)
        return resume(request, std::move(answer), to, rid);
    this->answer(to, rid, errc::ok, protocol::pack(answer));
}

void channel_service::resume(const protocol::add& request, protocol::added fresh, const caller& to,
                             const std::string& rid)
{
    auto send = [this, to, rid](const protocol::added& a) {
        is_open(rid) ? answer(to, rid, errc::ok, protocol::pack(a)) : answer(to, rid, errc::moved, {});
    };
    auto fail = [this, to, rid] { answer(to, rid, errc::unavailable, {}); };
    auto newest = [this, rid, send, fail](protocol::added a) {
        const auto before = a.at.offset + 1;
        history_.read_before(rid, before, page_limit{}, [a = std::move(a), send, fail](page p) mutable {
            if (p.failed)
                return fail();
            a.messages = std::move(p.messages);
            keep_up_to(a.messages, a.at.offset);
            send(a);
        });
    };
    const bool known = request.since_epoch == fresh.at.epoch && request.since_offset <= fresh.at.offset;
    if (!known)
        return newest(std::move(fresh));
    history_.read_after(rid, request.since_offset, options_.resume,
                        [fresh = std::move(fresh), send, newest, fail](page p) mutable {
                            if (p.failed)
                                return fail();
                            // It may reach beyond: others have been stored while the store was slow.
                            const auto last = p.messages.empty() ? 0 : p.messages.back().offset;
                            const bool short_of = p.more && last < fresh.at.offset;
                            if (p.trimmed || short_of)
                                return newest(std::move(fresh));
                            keep_up_to(p.messages, fresh.at.offset);
                            fresh.recovered = true;
                            fresh.messages = std::move(p.messages);
                            send(fresh);
                        });
}

void channel_service::history(const backend_session& from, std::uint64_t before, page_limit limit)
{
    limit.count = std::min(limit.count, options_.history_page);
    history_.read_before(
        from.rid, before, limit,
        [this, rid = from.rid, to = from.reply_to, epoch = from.room->at().epoch](page p) {
            if (!is_open(rid) || p.failed)
                return answer(to, rid, p.failed ? errc::unavailable : errc::moved, {});
            const auto messages = protocol::json_array(p.messages);
            json_writer body{{"messages", protocol::raw_json{messages}}, {"epoch", epoch}, {"more", p.more}};
            answer(to, rid, errc::ok, std::move(body).close());
        });
}

} // namespace citron::backend
