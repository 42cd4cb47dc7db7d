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

locals {
  tables = "arn:aws:dynamodb:us-east-1:111122223333:table/example-dev-*"
  read = {
    read_tables = { actions = ["dynamodb:DescribeTable", "dynamodb:ListTagsOfResource"], resources = [local.tables] }
  }
  write = {
    write_tables = { actions = ["dynamodb:CreateTable", "dynamodb:DeleteTable"], resources = [local.tables] }
  }
}

# An account has one; where it is there already, give its ARN. AWS checks GitHub's certificate by itself.
resource "aws_iam_openid_connect_provider" "github" {
  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

module "ci_roles" {
  source = "../.."

  name_prefix       = "example"
  oidc_provider_arn = aws_iam_openid_connect_provider.github.arn
  ceiling_services  = ["dynamodb"]

  environments = {
    dev = {
      plan_subjects       = ["repo:example@1234/orders@5678:pull_request"]
      apply_subjects      = ["repo:example@1234/orders@5678:environment:dev"]
      plan_policies       = { tables = local.read }
      apply_policies      = { tables = merge(local.read, local.write) }
      boundary_statements = { use_tables = { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = [local.tables] } }
    }
  }
}

output "apply_role_arn" {
  description = "What the workflow's job of the environment dev takes on."
  value       = module.ci_roles.apply_role_arns.dev
}
