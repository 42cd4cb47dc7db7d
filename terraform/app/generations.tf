# The generations of the views that stand side by side: each with tables, a function and a place on the stream of its own.
# The shop's are apart from the winners', so that a rebuild takes one more consumer, not two.
locals {
  generations = {
    for number, generation in var.generations : number => {
      build   = lookup(generation, "build", null)
      enabled = tobool(coalesce(lookup(generation, "enabled", null), "true"))
      zip     = lookup(generation, "build", null) == null ? "winner_view.zip" : "winner_view@${generation.build}.zip"
    }
  }

  shop_generations = {
    for number, generation in var.shop_generations : number => {
      build   = lookup(generation, "build", null)
      enabled = tobool(coalesce(lookup(generation, "enabled", null), "true"))
      zip     = lookup(generation, "build", null) == null ? "shop_view.zip" : "shop_view@${generation.build}.zip"
    }
  }

  zips = distinct(concat(
    [for name in local.functions : "${name}.zip"],
    [for generation in concat(values(local.generations), values(local.shop_generations)) : generation.zip],
  ))

  # What the API reads.
  live      = tostring(var.live_generation)
  live_shop = tostring(var.live_shop_generation)
}

# What was applied when only one generation could stand stays where it is.
moved {
  from = module.contributions
  to   = module.contributions["1"]
}

moved {
  from = module.scores
  to   = module.scores["1"]
}

moved {
  from = module.winner_view
  to   = module.winner_view["1"]
}

moved {
  from = module.winner_view_consumer
  to   = module.winner_view_consumer["1"]
}
