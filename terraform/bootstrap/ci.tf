# The roles of GitHub's workflows, where a repository is named: docs/ci-roles.md. What they may do is in ci_policies.tf.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  project = "hello-retail"
}

module "ci_roles" {
  source = "../../modules/ci-roles"
  count  = var.github_repository == null ? 0 : 1

  name_prefix       = local.project
  oidc_provider_arn = var.oidc_provider_arn
  ceiling_services = [
    "apigateway", "budgets", "cloudfront", "cloudwatch", "cognito-idp", "dynamodb", "kinesis", "kms", "lambda", "logs", "s3", "sns",
  ]

  environments = {
    for name in keys(var.environments) : name => {
      # Pull requests, and on the default branch the nightly look for drift and the plan before an apply.
      plan_subjects       = ["repo:${var.github_repository}:pull_request", "repo:${var.github_repository}:ref:refs/heads/${var.default_branch}"]
      apply_subjects      = ["repo:${var.github_repository}:environment:${name}"]
      plan_policies       = local.ci_plan_policies[name]
      apply_policies      = local.ci_apply_policies[name]
      boundary_statements = local.ci_boundaries[name]
    }
  }
}
