// A chat server: the PURE chat_server, and a store whose answers come after random pauses.
#pragma once

#include "backend/chat_server.hpp"
#include "backend/history/memory_store.hpp"
#include "test/sim/disk.hpp"
#include "test/sim/peer_process.hpp"

#include <memory>

namespace citron::sim {

class chat_process final : public peer_process
{
public:
    /// `host`: where its history is, and that of others; nullptr: in its memory.
    chat_process(scene& s, std::string id, broker_process& broker, disk* host);

    /// As SIGTERM: hands its rooms over, says bye and ends.
    void leave();
    [[nodiscard]] bool leaving() const { return draining_; }
    /// The broker has taken it in. Precondition: running().
    [[nodiscard]] bool known() const { return server_->line().up(); }
    /// Precondition: running().
    [[nodiscard]] const backend::channel_service& rooms() const { return server_->channels(); }

protected:
    void boot() override;
    void halt() override;
    void tick() override;
    void carry_out() override;
    [[nodiscard]] cluster::peer& line() override { return server_->line(); }

private:
    void await_store();

    disk* disk_;
    duration commit_; ///< longest pause of the store
    bool draining_ = false, bye_said_ = false, store_busy_ = false;
    std::unique_ptr<backend::memory_store> in_memory_;
    std::unique_ptr<shared_store> on_disk_; ///< one of the two
    std::unique_ptr<backend::chat_server> server_;
};

} // namespace citron::sim
