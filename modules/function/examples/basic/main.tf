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

module "table" {
  source = "../../../table"

  name                = "example-orders"
  hash_key            = { name = "id" }
  kms_key_arn         = module.key.arn
  deletion_protection = false
}

# Made by: python3 -m zipfile -c orders.zip orders.py
module "function" {
  source = "../.."

  name        = "example-orders"
  artifact    = { path = var.artifact_path }
  handler     = "orders.handler"
  kms_key_arn = module.key.arn
  environment = { ORDERS_TABLE = module.table.name }

  policy_statements = {
    read_orders   = module.table.policy_statements.get
    decrypt_table = module.key.policy_statements.decrypt
  }
}

output "alias_arn" {
  description = "What a trigger calls."
  value       = module.function.alias_arn
}

variable "artifact_path" {
  description = "The zip of orders.py, as the line above the function makes it."
  type        = string
  default     = "orders.zip"
}
