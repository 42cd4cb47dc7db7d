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

module "key" {
  source = "../../../encryption-key"

  name                 = "example-reports"
  deletion_window_days = 7
}

module "reports" {
  source = "../.."

  name           = "example-reports-${data.aws_caller_identity.current.account_id}"
  kms_key_arn    = module.key.arn
  lifecycle_days = { expire = 90 }
  prefixes       = { daily = "daily/" }
}

output "writer_statements" {
  description = "What the role of a job that writes daily reports needs."
  value = {
    reports = module.reports.prefix_policy_statements.daily.write
    key     = module.key.policy_statements.encrypt
  }
}
