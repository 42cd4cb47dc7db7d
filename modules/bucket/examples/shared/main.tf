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

data "aws_caller_identity" "current" {}

# Whoever reads the bucket from the other account has to be let in by the key, too.
module "key" {
  source = "../../../encryption-key"

  name                 = "example-reports"
  deletion_window_days = 7

  further_statements = {
    AnalystsDecrypt = {
      principals = { type = "AWS", identifiers = [var.analysts_arn] }
      actions    = ["kms:Decrypt"]
    }
  }
}

module "reports" {
  source = "../.."

  name        = "example-reports-${data.aws_caller_identity.current.account_id}"
  kms_key_arn = module.key.arn

  further_statements = {
    AnalystsRead = {
      principals = { type = "AWS", identifiers = [var.analysts_arn] }
      actions    = ["s3:GetObject", "s3:ListBucket"]
      prefix     = "daily/"
    }
    NobodyElsePublishes = {
      effect     = "Deny"
      principals = { type = "AWS", identifiers = ["*"] }
      actions    = ["s3:PutObject"]
      prefix     = "daily/"
      conditions = [{ test = "StringNotEquals", variable = "aws:PrincipalAccount", values = [data.aws_caller_identity.current.account_id] }]
    }
  }
}

variable "analysts_arn" {
  description = "Who reads daily reports: an account, or a role in one."
  type        = string
  default     = "arn:aws:iam::444455556666:root"
}
