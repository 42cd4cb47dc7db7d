terraform {
  required_version = ">= 1.11, < 2.0"

  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

provider "aws" {
  region              = var.region
  allowed_account_ids = length(var.allowed_account_ids) > 0 ? var.allowed_account_ids : null

  default_tags {
    tags = merge(local.project_file.tags, {
      Project     = local.project
      Environment = var.environment
      ManagedBy   = "terraform"
      Stack       = local.name_prefix
    })
  }
}

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
