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

  name                 = "example-shop"
  deletion_window_days = 7
}

# Made by: python3 -m zipfile -c shop.zip shop.py
module "function" {
  source = "../../../function"

  name        = "example-shop"
  artifact    = { path = var.artifact_path }
  handler     = "shop.handler"
  kms_key_arn = module.key.arn
}

module "api" {
  source = "../.."

  name        = "example-shop"
  kms_key_arn = module.key.arn
  throttle    = { burst = 20, rate_per_second = 10 }
  cors        = { allow_origins = ["https://shop.example.com"], allow_headers = ["authorization"] }

  functions = {
    shop = {
      function_name    = module.function.function_name
      alias_name       = module.function.alias_name
      alias_invoke_arn = module.function.alias_invoke_arn
    }
  }

  authorizers = {
    members = { issuer = var.issuer, audience = [var.client_id] }
  }

  routes = {
    "GET /articles"      = { function = "shop" }
    "POST /articles"     = { function = "shop", authorizer = "members" }
    "GET /articles/{id}" = { function = "shop", throttle = { burst = 5, rate_per_second = 2 } }
    "$default"           = { function = "shop" }
  }
}

output "address" {
  description = "Where the API answers."
  value       = module.api.api_endpoint
}

variable "artifact_path" {
  description = "The zip of shop.py, as the line above the function makes it."
  type        = string
  default     = "shop.zip"
}

variable "issuer" {
  description = "Who signs the tokens of members, such as a user pool."
  type        = string
  default     = "https://cognito-idp.us-east-1.amazonaws.com/us-east-1_EXAMPLE"
}

variable "client_id" {
  description = "The app client that the tokens are made for."
  type        = string
  default     = "1example23456789"
}
