module "key" {
  source = "../../modules/encryption-key"

  name               = local.name_prefix
  existing_key       = var.kms_key_arn == "" ? null : { arn = var.kms_key_arn }
  description        = "Encrypts everything at rest in ${local.title} ${var.environment}."
  log_delivery       = true
  log_group_patterns = [for kind in ["lambda", "vendedlogs/apigateway", "vendedlogs/states"] : "/aws/${kind}/${local.name_prefix}-*"]
  services           = ["budgets", "cloudwatch"]

  # Not the one distribution: it would have to exist before the key. The bucket's policy names it.
  readers = {
    cloudfront = ["arn:${data.aws_partition.current.partition}:cloudfront::${data.aws_caller_identity.current.account_id}:distribution/*"]
  }
}

locals {
  # Use of the key through one service only: never by a call to KMS itself.
  key_through = {
    for service in ["dynamodb", "kinesis", "s3"] : service => {
      for verb, statement in module.key.policy_statements : verb => merge(statement, {
        conditions = [{
          test     = "StringEquals"
          variable = "kms:ViaService"
          values   = ["${service}.${var.region}.${data.aws_partition.current.dns_suffix}"]
        }]
      })
    }
  }
}
