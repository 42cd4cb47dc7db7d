# What there is to buy: a view of the products by category, the stock, and the API that answers from them.

module "catalog" {
  for_each = local.shop_generations
  source   = "../../modules/table"

  name                   = "${local.name_prefix}-catalog-g${each.key}"
  hash_key               = { name = "productId" }
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["BatchGetItem", "GetItem", "Query", "TransactWriteItems", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url

  # Only an offered product has a category, so the index has no half products in it.
  indexes = {
    byCategory = {
      hash_key           = { name = "category" }
      range_key          = { name = "sortName" }
      projection_type    = "INCLUDE"
      non_key_attributes = ["brand", "cents", "description", "image", "name"]
    }
  }
}

module "categories" {
  for_each = local.shop_generations
  source   = "../../modules/table"

  name                   = "${local.name_prefix}-categories-g${each.key}"
  hash_key               = { name = "shelf" }
  range_key              = { name = "category" }
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["Query", "TransactWriteItems"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

# What is there of each product. It is the shop's state and no view: every generation counts the same deliveries in it
# once, and it is never rebuilt from the log.
module "stock" {
  source = "../../modules/table"

  name                   = "${local.name_prefix}-stock"
  hash_key               = { name = "productId" }
  kms_key_arn            = module.key.arn
  deletion_protection    = var.tables.deletion_protection
  point_in_time_recovery = var.tables.point_in_time_recovery
  alarms                 = { operations = ["GetItem", "TransactWriteItems", "UpdateItem"] }
  alarm_actions          = local.alarm_actions
  runbooks_url           = var.runbooks_url
}

module "shop_view" {
  for_each = local.shop_generations
  source   = "../../modules/function"

  # A function never outlives its generation: the next one has a function, and so a place on the stream, of its own.
  name            = "${local.name_prefix}-shop-view${each.key == "1" ? "" : "-g${each.key}"}"
  description     = "Folds the stream of events into the catalog, its categories, the stock and carts."
  artifact        = { path = "${var.artifacts_dir}/${each.value.zip}" }
  handler         = "hello_retail.shop_view.handler.handler"
  memory_mb       = var.shop_view.memory_mb
  timeout_seconds = var.shop_view.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    CARTS_TABLE                  = module.carts.name
    CATALOG_TABLE                = module.catalog[each.key].name
    CATEGORIES_TABLE             = module.categories[each.key].name
    ENVIRONMENT                  = var.environment
    GENERATION                   = each.key
    LOG_LEVEL                    = var.log_level
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "shop_view"
    RECENT_EVENTS                = tostring(var.recent_events)
    RETENTION_HOURS              = tostring(var.stream.retention_hours)
    STOCK_TABLE                  = module.stock.name
  }

  # A transaction needs no more than what it is made of.
  policy_statements = {
    read_products    = { actions = ["dynamodb:BatchGetItem"], resources = [module.catalog[each.key].arn] }
    write_products   = module.catalog[each.key].policy_statements.update
    count_products   = module.categories[each.key].policy_statements.update
    receive_stock    = module.stock.policy_statements.update
    fold_carts       = module.carts.policy_statements.update
    decrypt_tables   = local.key_through.dynamodb.decrypt
    encrypt_tables   = local.key_through.dynamodb.encrypt
    encrypt_failures = local.key_through.s3.encrypt
  }
}

module "shop_view_consumer" {
  for_each = local.shop_generations
  source   = "../../modules/stream-consumer"

  function = {
    name      = module.shop_view[each.key].function_name
    alias_arn = module.shop_view[each.key].alias_arn
    role_name = module.shop_view[each.key].role_name
  }

  stream = {
    arn             = module.stream.arn
    name            = module.stream.name
    retention_hours = var.stream.retention_hours
  }

  policy_statements = {
    read_stream    = module.stream.policy_statements.read
    decrypt_stream = local.key_through.kinesis.decrypt
  }

  enabled                 = each.value.enabled
  batch_size              = var.shop_view.batch_size
  batching_window_seconds = var.shop_view.batching_window_seconds
  failure_destination     = { bucket_arn = module.quarantine.arn }
  alarm_actions           = local.alarm_actions
  runbooks_url            = var.runbooks_url
}

module "catalog_api" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-catalog-api"
  description     = "Answers what there is to buy, from the catalog."
  artifact        = { path = "${var.artifacts_dir}/catalog_api.zip" }
  handler         = "hello_retail.catalog_api.handler.handler"
  memory_mb       = var.winner_api.memory_mb
  timeout_seconds = var.winner_api.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url
  canary          = lookup(var.canary, "catalog_api", null)

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    CATALOG_TABLE                = module.catalog[local.live_shop].name
    CATEGORIES_TABLE             = module.categories[local.live_shop].name
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "catalog_api"
    STOCK_TABLE                  = module.stock.name
  }

  policy_statements = {
    list_products   = module.catalog[local.live_shop].index_policy_statements.byCategory.query
    list_categories = module.categories[local.live_shop].policy_statements.query
    read_product    = { actions = ["dynamodb:GetItem"], resources = [module.catalog[local.live_shop].arn] }
    read_stock      = { actions = ["dynamodb:GetItem"], resources = [module.stock.arn] }
    decrypt_tables  = local.key_through.dynamodb.decrypt
  }
}
