module "key" {
  source = "../../modules/encryption-key"

  name               = local.name_prefix
  description        = "Encrypts everything at rest in Hello, Retail! ${var.environment}."
  log_group_patterns = ["/aws/lambda/${local.name_prefix}-*", "/aws/vendedlogs/apigateway/${local.name_prefix}-*"]
  services           = ["cloudwatch"]
}

locals {
  # Use of the key through one service only: never by a call to KMS itself.
  key_through = {
    for service in ["dynamodb", "kinesis", "s3"] : service => {
      for verb, statement in module.key.policy_statements : verb => merge(statement, {
        conditions = [{
          test     = "StringEquals"
          variable = "kms:ViaService"
          values   = ["${service}.${var.region}.amazonaws.com"]
        }]
      })
    }
  }
}
