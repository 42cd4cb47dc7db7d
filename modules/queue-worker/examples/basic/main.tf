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

  name                 = "example-letters"
  deletion_window_days = 7
}

# Made by: python3 -m zipfile -c letters.zip letters.py
module "function" {
  source = "../../../function"

  name        = "example-letters"
  artifact    = { path = var.artifact_path }
  handler     = "letters.handler"
  kms_key_arn = module.key.arn
}

module "worker" {
  source = "../.."

  name                = "example-letters"
  kms_key_arn         = module.key.arn
  maximum_concurrency = 5
  policy_statements   = { decrypt = module.key.policy_statements.decrypt }

  function = {
    name            = module.function.function_name
    alias_arn       = module.function.alias_arn
    role_name       = module.function.role_name
    timeout_seconds = module.function.timeout_seconds
  }
}

# Who sends gets module.worker.policy_statements.send, and the key's decrypt and encrypt.
output "queue_url" {
  description = "Where messages are sent."
  value       = module.worker.url
}

variable "artifact_path" {
  description = "The zip of letters.py, as the line above the function makes it."
  type        = string
  default     = "letters.zip"
}
