data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  host  = trimprefix(var.issuer, "https://")
  where = local.is_github ? "GitHub's workflows" : "pipelines of ${local.host}"
  iam   = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}"

  roles = merge([
    for name, environment in var.environments : {
      "${name}-plan" = {
        environment = name
        description = "Plans ${var.name_prefix} ${name} in ${local.where}, and changes nothing."
        subjects    = environment.plan_subjects
        policies    = environment.plan_policies
      }
      "${name}-apply" = {
        environment = name
        description = "Applies ${var.name_prefix} ${name} in ${local.where}."
        subjects    = environment.apply_subjects
        policies    = environment.apply_policies
      }
    }
  ]...)

  policies = merge([
    for role, settings in local.roles : {
      for policy, statements in settings.policies : "${role}-${policy}" => { role = role, statements = statements }
    }
  ]...)
}

data "aws_iam_policy_document" "trust" {
  for_each = local.roles

  statement {
    actions = ["sts:AssumeRoleWithWebIdentity"]

    principals {
      type        = "Federated"
      identifiers = [var.oidc_provider_arn]
    }

    condition {
      test     = "StringEquals"
      variable = "${local.host}:aud"
      values   = [var.audience]
    }

    # Whole subjects: a pattern would let in jobs, branches or repositories that nobody thought of. The one that is taken
    # ends with every branch of a GitLab project, which may plan.
    condition {
      test     = anytrue([for subject in each.value.subjects : endswith(subject, "*")]) ? "StringLike" : "StringEquals"
      variable = "${local.host}:sub"
      values   = each.value.subjects
    }
  }
}

resource "aws_iam_role" "this" {
  for_each = local.roles

  name                 = "${var.name_prefix}-${each.key}"
  description          = each.value.description
  assume_role_policy   = data.aws_iam_policy_document.trust[each.key].json
  permissions_boundary = aws_iam_policy.ceiling[each.value.environment].arn
  max_session_duration = var.session_seconds
  tags                 = var.tags
}

data "aws_iam_policy_document" "this" {
  for_each = local.policies

  dynamic "statement" {
    for_each = each.value.statements

    content {
      sid       = replace(title(replace(statement.key, "/[^a-zA-Z0-9]+/", " ")), " ", "")
      actions   = statement.value.actions
      resources = statement.value.resources

      dynamic "condition" {
        for_each = statement.value.conditions

        content {
          test     = condition.value.test
          variable = condition.value.variable
          values   = condition.value.values
        }
      }
    }
  }
}

resource "aws_iam_policy" "this" {
  for_each = local.policies

  name        = "${var.name_prefix}-${each.key}"
  description = "A part of what the role ${var.name_prefix}-${each.value.role} may do."
  policy      = data.aws_iam_policy_document.this[each.key].json
  tags        = var.tags
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.policies

  role       = aws_iam_role.this[each.value.role].name
  policy_arn = aws_iam_policy.this[each.key].arn
}
