locals {
  routes = {
    "GET /assignments"                      = { function = "studio_api", authorizer = "players" }
    "POST /assignments/{productId}/uploads" = { function = "studio_api", authorizer = "players" }
    "GET /cart"                             = { function = "shop_api", authorizer = "players" }
    "GET /categories"                       = { function = "catalog_api" }
    "GET /contributions"                    = { function = "winner_api" }
    "GET /contributions/{productId}"        = { function = "winner_api" }
    "GET /openapi.json"                     = { function = "winner_api" }
    "GET /orders"                           = { function = "shop_api", authorizer = "players" }
    "GET /orders/{orderId}"                 = { function = "shop_api", authorizer = "players" }
    "PUT /orders/{orderId}"                 = { function = "shop_api", authorizer = "players" }
    "GET /products"                         = { function = "catalog_api" }
    "GET /products/{id}"                    = { function = "catalog_api" }
    "GET /scores"                           = { function = "winner_api" }
    "GET /winners"                          = { function = "winner_api" }
    "GET /trending"                         = { function = "trending_api" }
    "POST /events"                          = { function = "event_writer", authorizer = "players", throttle = var.event_writer.throttle }
    # Other methods are refused in words.
    "ANY /assignments"                     = { function = "studio_api" }
    "ANY /assignments/{productId}/uploads" = { function = "studio_api" }
    "ANY /cart"                            = { function = "shop_api" }
    "ANY /categories"                      = { function = "catalog_api" }
    "ANY /events"                          = { function = "event_writer", throttle = var.event_writer.throttle }
    "ANY /orders"                          = { function = "shop_api" }
    "ANY /orders/{orderId}"                = { function = "shop_api" }
    "ANY /products"                        = { function = "catalog_api" }
    "ANY /products/{id}"                   = { function = "catalog_api" }
    "ANY /trending"                        = { function = "trending_api" }
    "$default"                             = { function = "winner_api" }
  }
}

module "api" {
  source = "../../modules/http-api"

  name          = "${local.name_prefix}-api"
  description   = "${local.title} ${var.environment}: events in, winners out."
  kms_key_arn   = module.key.arn
  domain        = var.api.domain
  log           = { retention_days = var.access_log_retention_days }
  throttle      = var.winner_api.throttle
  routes        = local.routes
  alarm_actions = local.alarm_actions
  runbooks_url  = var.runbooks_url

  # For pages elsewhere. Our own page calls the API under the site's own name.
  cors = {
    allow_origins  = var.winner_api.cors_origins
    allow_methods  = ["GET", "POST", "PUT"]
    allow_headers  = ["authorization", "content-type", "idempotency-key", "if-none-match"]
    expose_headers = ["etag", "link", "location", "retry-after"]
  }

  # ID tokens are made for the app client; access tokens, which do not say it as their audience, are refused by the function.
  authorizers = {
    players = { issuer = module.players.issuer, audience = [module.players.client_id] }
  }

  functions = {
    catalog_api = {
      function_name    = module.catalog_api.function_name
      alias_name       = module.catalog_api.alias_name
      alias_invoke_arn = module.catalog_api.alias_invoke_arn
    }
    event_writer = {
      function_name    = module.event_writer.function_name
      alias_name       = module.event_writer.alias_name
      alias_invoke_arn = module.event_writer.alias_invoke_arn
    }
    shop_api = {
      function_name    = module.shop_api.function_name
      alias_name       = module.shop_api.alias_name
      alias_invoke_arn = module.shop_api.alias_invoke_arn
    }
    studio_api = {
      function_name    = module.studio_api.function_name
      alias_name       = module.studio_api.alias_name
      alias_invoke_arn = module.studio_api.alias_invoke_arn
    }
    trending_api = {
      function_name    = module.trending_api.function_name
      alias_name       = module.trending_api.alias_name
      alias_invoke_arn = module.trending_api.alias_invoke_arn
    }
    winner_api = {
      function_name    = module.winner_api.function_name
      alias_name       = module.winner_api.alias_name
      alias_invoke_arn = module.winner_api.alias_invoke_arn
    }
  }
}
