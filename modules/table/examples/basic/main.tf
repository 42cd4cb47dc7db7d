terraform {
  required_version = ">= 1.11"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region = "us-east-1"
}

module "key" {
  source = "../../../encryption-key"

  name                 = "example-orders"
  deletion_window_days = 7
}

module "orders" {
  source = "../.."

  name                = "example-orders"
  hash_key            = { name = "customerId" }
  range_key           = { name = "placedAt", type = "N" }
  ttl_attribute       = "expiresAt"
  kms_key_arn         = module.key.arn
  deletion_protection = false # so that the example can be destroyed

  indexes = {
    byStatus = {
      hash_key           = { name = "status" }
      range_key          = { name = "placedAt", type = "N" }
      projection_type    = "INCLUDE"
      non_key_attributes = ["total"]
    }
  }
}

output "reader_statements" {
  description = "What the role of a function that looks orders up needs."
  value = {
    orders    = module.orders.policy_statements.query
    by_status = module.orders.index_policy_statements.byStatus.query
    key       = module.key.policy_statements.decrypt
  }
}
