locals {
  name_prefix = "hello-retail-${var.environment}"
  functions   = ["archive", "catalog_api", "event_writer", "shop_view", "trending_api", "trending_view", "winner_api", "winner_view"]

  # Those of them whose newest version can be tried on a share of the calls.
  api_functions = ["catalog_api", "event_writer", "trending_api", "winner_api"]

  # Of every role of the environment.
  permissions_boundary_arn = var.permissions_boundary_arn == "" ? null : var.permissions_boundary_arn
}
