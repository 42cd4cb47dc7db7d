# The roles of GitHub's workflows, where a repository is named: docs/ci-roles.md. What they may do is in ci_policies.tf.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  # As in terraform/app/names.tf.
  project_file = jsondecode(file("${path.module}/../../environments/project.json"))
  project      = local.project_file.project

  environments = coalesce(var.environments, { for name in local.project_file.environments : name => var.region })
}

# Without thumbprints: AWS checks GitHub's certificate against its own list of authorities.
resource "aws_iam_openid_connect_provider" "github" {
  count = var.github_repository != null && var.oidc_provider_arn == null ? 1 : 0

  url            = "https://token.actions.githubusercontent.com"
  client_id_list = ["sts.amazonaws.com"]
}

moved {
  from = module.ci_roles[0].aws_iam_openid_connect_provider.github[0]
  to   = aws_iam_openid_connect_provider.github[0]
}

module "ci_roles" {
  source = "../../modules/ci-roles"
  count  = var.github_repository == null ? 0 : 1

  name_prefix       = local.project
  oidc_provider_arn = coalesce(var.oidc_provider_arn, one(aws_iam_openid_connect_provider.github[*].arn))
  ceiling_services = [
    "apigateway", "budgets", "cloudfront", "cloudwatch", "cognito-idp", "dynamodb", "events", "kinesis", "kms", "lambda", "logs", "s3", "sns", "states", "wafv2",
  ]

  environments = {
    for name in keys(local.environments) : name => {
      # Pull requests, and on the default branch the nightly look for drift and the plan before an apply.
      plan_subjects       = ["repo:${var.github_repository}:pull_request", "repo:${var.github_repository}:ref:refs/heads/${var.default_branch}"]
      apply_subjects      = ["repo:${var.github_repository}:environment:${name}"]
      plan_policies       = local.ci_plan_policies[name]
      apply_policies      = local.ci_apply_policies[name]
      boundary_statements = local.ci_boundaries[name]
    }
  }
}
