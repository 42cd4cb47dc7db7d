# Only planned by the tests: an image runs in Docker, which the local cloud does without.
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

module "function" {
  source = "../.."

  name        = "example-orders"
  artifact    = { image_uri = var.image_uri }
  kms_key_arn = module.key.arn
  role_path   = "/teams/orders/"

  managed_policy_arns = {
    insights = "arn:aws:iam::aws:policy/CloudWatchLambdaInsightsExecutionRolePolicy"
  }
}

variable "image_uri" {
  description = "An image of Amazon ECR in the function's region."
  type        = string
  default     = "111122223333.dkr.ecr.us-east-1.amazonaws.com/orders:1"
}
