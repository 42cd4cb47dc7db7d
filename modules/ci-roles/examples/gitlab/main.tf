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
  tables  = "arn:aws:dynamodb:us-east-1:111122223333:table/example-orders-dev-*"
  project = "project_path:example/shop/orders:ref_type:branch:ref"
  plan    = { read_tables = { actions = ["dynamodb:DescribeTable"], resources = [local.tables] } }
  apply   = { make_tables = { actions = ["dynamodb:CreateTable", "dynamodb:DeleteTable"], resources = [local.tables] } }
}

resource "aws_iam_openid_connect_provider" "gitlab" {
  url            = "https://gitlab.example.com"
  client_id_list = ["https://gitlab.example.com"]
}

module "ci_roles" {
  source = "../.."

  name_prefix       = "example-orders"
  issuer            = "https://gitlab.example.com"
  audience          = "https://gitlab.example.com"
  oidc_provider_arn = aws_iam_openid_connect_provider.gitlab.arn
  ceiling_services  = ["dynamodb"]

  # Every branch of the project plans; what is on main, which is protected, applies.
  environments = {
    dev = {
      plan_subjects       = ["${local.project}:*"]
      apply_subjects      = ["${local.project}:main"]
      plan_policies       = { tables = local.plan }
      apply_policies      = { tables = merge(local.plan, local.apply) }
      boundary_statements = { use_tables = { actions = ["dynamodb:GetItem", "dynamodb:PutItem"], resources = [local.tables] } }
    }
  }
}

output "role_arns" {
  description = "What the jobs that plan and apply take on."
  value       = { plan = module.ci_roles.plan_role_arns.dev, apply = module.ci_roles.apply_role_arns.dev }
}
