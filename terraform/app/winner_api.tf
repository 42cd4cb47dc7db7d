module "winner_api" {
  source = "../../modules/function"

  name            = "${local.name_prefix}-winner-api"
  description     = "Answers who is winning, from the views."
  artifact        = { path = "${var.artifacts_dir}/winner_api.zip" }
  handler         = "hello_retail.winner_api.handler.handler"
  memory_mb       = var.winner_api.memory_mb
  timeout_seconds = var.winner_api.timeout_seconds
  kms_key_arn     = module.key.arn
  log             = { retention_days = var.log_retention_days, level = var.log_level }
  alarm_actions   = local.alarm_actions
  runbooks_url    = var.runbooks_url
  canary          = lookup(var.canary, "winner_api", null)

  permissions_boundary_arn = local.permissions_boundary_arn

  environment = {
    CONTRIBUTIONS_TABLE          = module.contributions[local.live].name
    ENVIRONMENT                  = var.environment
    LOG_LEVEL                    = var.log_level
    POWERTOOLS_METRICS_NAMESPACE = local.metrics_namespace
    POWERTOOLS_SERVICE_NAME      = "winner_api"
    SCORES_TABLE                 = module.scores[local.live].name
    SCORE_BUCKETS                = tostring(var.score_buckets)
  }

  policy_statements = {
    read_scores        = module.scores[local.live].policy_statements.query
    read_contribution  = { actions = ["dynamodb:GetItem"], resources = [module.contributions[local.live].arn] }
    list_contributions = module.contributions[local.live].policy_statements.scan
    decrypt_tables     = local.key_through.dynamodb.decrypt
  }
}
