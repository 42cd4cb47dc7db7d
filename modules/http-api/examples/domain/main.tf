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

# Made by: python3 -m zipfile -c orders.zip orders.py
module "function" {
  source = "../../../function"

  name        = "example-orders"
  artifact    = { path = var.artifact_path }
  handler     = "orders.handler"
  kms_key_arn = module.key.arn
}

module "gate" {
  source = "../../../function"

  name        = "example-orders-gate"
  artifact    = { path = var.artifact_path }
  handler     = "orders.decide"
  kms_key_arn = module.key.arn
}

module "api" {
  source = "../.."

  name        = "example-orders"
  kms_key_arn = module.key.arn
  domain      = { name = "orders.example.com", certificate_arn = var.certificate_arn }

  functions = {
    orders = {
      function_name    = module.function.function_name
      alias_name       = module.function.alias_name
      alias_invoke_arn = module.function.alias_invoke_arn
    }
  }

  # Partners send a key, which the function `gate` knows or does not.
  function_authorizers = {
    partners = {
      function_name    = module.gate.function_name
      alias_name       = module.gate.alias_name
      alias_invoke_arn = module.gate.alias_invoke_arn
      identity_sources = ["$request.header.x-partner-key"]
    }
  }

  # Other systems of ours sign their requests with their roles: IAM decides.
  routes = {
    "POST /orders"     = { function = "orders", authorizer = "partners" }
    "GET /orders/{id}" = { function = "orders", authorizer = "AWS_IAM" }
  }
}

output "dns_record" {
  description = "Where the record of orders.example.com is to point."
  value       = module.api.domain_target
}

output "reader_statement" {
  description = "What the role of a system that reads orders needs."
  value       = module.api.policy_statements["GET /orders/{id}"]
}

variable "artifact_path" {
  description = "The zip of orders.py, as the line above the function makes it."
  type        = string
  default     = "orders.zip"
}

variable "certificate_arn" {
  description = "A certificate of ACM for orders.example.com, in the API's region."
  type        = string
  default     = "arn:aws:acm:us-east-1:111122223333:certificate/11111111-2222-3333-4444-555555555555"
}
