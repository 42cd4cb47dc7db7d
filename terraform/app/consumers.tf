# Who reads the stream. A shard gives five reads a second to all standard consumers together, and Lambda polls a shard once
# a second for each: docs/decisions/0020-consumers-a-shard.md. An enhanced fan-out consumer takes none of them.
locals {
  live_consumers = concat(
    ["winner_view", "trending_view", "shop_view", "studio_intake"],
    var.archive.enabled && !var.archive.fan_out ? ["archive"] : [],
  )
  folding_consumers = concat(
    [for number, generation in local.generations : "winner_view of generation ${number}" if generation.enabled && number != local.live],
    [for number, generation in local.shop_generations : "shop_view of generation ${number}" if generation.enabled && number != local.live_shop],
  )
  standard_consumers = concat(local.live_consumers, local.folding_consumers)
}

check "consumers_a_shard" {
  assert {
    condition     = length(local.standard_consumers) <= (length(local.folding_consumers) == 0 ? 4 : 5)
    error_message = "A shard gives five reads a second to all standard consumers, and each takes one: four may read it for good, and a fifth while a generation folds. There are ${length(local.standard_consumers)}: ${join(", ", local.standard_consumers)}. Fold one generation at a time${var.archive.enabled && !var.archive.fan_out ? ", or set archive.fan_out = true" : ""}."
  }
}
