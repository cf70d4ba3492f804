// The extras of single tables, for make_extra().
#pragma once

#include "check/tables/table_extra.h"

namespace vde {

// Logs: the order of records, and header fields that summarize all records.
[[nodiscard]] std::unique_ptr<TableExtra> make_audit_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_metrics_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_metrics_v21_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_operations_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_worm_extra();

// States: fields that depend on each other.
[[nodiscard]] std::unique_ptr<TableExtra> make_consensus_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_federation_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_mapping_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_passport_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_raid_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_reference_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_replication_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_ring_extra();
[[nodiscard]] std::unique_ptr<TableExtra> make_subscriber_extra();

}  // namespace vde
