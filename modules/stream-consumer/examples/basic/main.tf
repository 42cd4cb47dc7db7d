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

  name                 = "example-clicks"
  deletion_window_days = 7
}

module "stream" {
  source = "../../../event-stream"

  name        = "example-clicks"
  kms_key_arn = module.key.arn
}

module "failures" {
  source = "../../../bucket"

  name        = var.bucket_name
  kms_key_arn = module.key.arn
}

# Made by: python3 -m zipfile -c clicks.zip clicks.py
module "function" {
  source = "../../../function"

  name              = "example-clicks"
  artifact          = { path = var.artifact_path }
  handler           = "clicks.handler"
  kms_key_arn       = module.key.arn
  policy_statements = { encrypt_failures = module.key.policy_statements.encrypt }
}

module "consumer" {
  source = "../.."

  function = {
    name      = module.function.function_name
    alias_arn = module.function.alias_arn
    role_name = module.function.role_name
  }

  stream = {
    arn             = module.stream.arn
    name            = module.stream.name
    retention_hours = module.stream.retention_hours
  }

  policy_statements = {
    read_stream    = module.stream.policy_statements.read
    decrypt_stream = module.key.policy_statements.decrypt
  }

  batching_window_seconds = 5
  failure_destination     = { bucket_arn = module.failures.arn }
}

variable "bucket_name" {
  description = "Name of the bucket for what is given up; unique in all of AWS."
  type        = string
  default     = "example-clicks-failures"
}

output "gives_up_after_seconds" {
  description = "Age at which a record that still fails goes to the bucket."
  value       = module.consumer.maximum_record_age_seconds
}

variable "artifact_path" {
  description = "The zip of clicks.py, as the line above the function makes it."
  type        = string
  default     = "clicks.zip"
}
