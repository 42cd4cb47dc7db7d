locals {
  # What the project is called, and its environments: the one place for both roots, `retailctl` and the tests.
  project_file = jsondecode(file("${path.module}/../../environments/project.json"))
  project      = local.project_file.project
  environments = local.project_file.environments
  title        = local.project_file.title

  name_prefix = "${local.project}-${var.environment}"
  functions = [
    "archive", "catalog_api", "event_writer", "order_tasks", "photo_desk", "shop_api", "shop_view", "studio_api", "studio_intake",
    "studio_tasks", "trending_api", "trending_view", "winner_api", "winner_view",
  ]

  # Those of them whose newest version can be tried on a share of the calls.
  api_functions = ["catalog_api", "event_writer", "shop_api", "studio_api", "trending_api", "winner_api"]

  # Of every role of the environment.
  permissions_boundary_arn = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn

  # The most characters of `name_prefix`, before what follows it in the longest name of a bucket and of a function. The
  # modules cut roles' names themselves.
  longest_prefix = min(
    63 - length("-quarantine-111122223333"),
    64 - max([for name in local.function_names : length("-${name}")]...),
  )
  function_names = concat(
    [for name in local.functions : replace(name, "_", "-")],
    ["trending-view-${local.trending_generation}"],
    [for number in keys(var.generations) : "winner-view-g${number}"],
    [for number in keys(var.shop_generations) : "shop-view-g${number}"],
  )

  # Weights of another half-life cannot be added to: a changed one is a new table, folded from the oldest record on.
  trending_generation = "h${var.trending.half_life_minutes}-g${var.trending.generation}"
}
