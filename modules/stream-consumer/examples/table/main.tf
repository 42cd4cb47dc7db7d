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

  name                  = "example-orders"
  hash_key              = { name = "id" }
  kms_key_arn           = module.key.arn
  stream_view_type      = "NEW_AND_OLD_IMAGES"
  maximum_request_units = { write = 100 }
  deletion_protection   = false
}

resource "aws_sqs_queue" "given_up" {
  name              = "example-orders-given-up"
  kms_master_key_id = module.key.arn
}

# Made by: python3 -m zipfile -c changes.zip changes.py
module "function" {
  source = "../../../function"

  name              = "example-changes"
  artifact          = { path = var.artifact_path }
  handler           = "changes.handler"
  kms_key_arn       = module.key.arn
  policy_statements = { encrypt = module.key.policy_statements.encrypt }
}

module "consumer" {
  source = "../.."

  function = {
    name      = module.function.function_name
    alias_arn = module.function.alias_arn
    role_name = module.function.role_name
  }

  stream = {
    arn  = module.table.stream_arn
    name = module.table.name
  }

  policy_statements = {
    read_changes = module.table.stream_policy_statements.read
    decrypt      = module.key.policy_statements.decrypt
  }

  failure_destination = { queue_arn = aws_sqs_queue.given_up.arn }
}

variable "artifact_path" {
  description = "The zip of changes.py, as the line above the function makes it."
  type        = string
  default     = "changes.zip"
}
