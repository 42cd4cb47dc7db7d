locals {
  boundary_arns = { for name in keys(var.environments) : name => "${local.iam}:policy/${var.name_prefix}-${name}-boundary" }

  # All that decides what CI may do, of every environment: no role of CI changes any of it.
  guarded = concat(
    [var.oidc_provider_arn],
    [for role in keys(local.roles) : "${local.iam}:role/${var.name_prefix}-${role}"],
    [for policy in keys(local.policies) : "${local.iam}:policy/${var.name_prefix}-${policy}"],
    flatten([for name in keys(var.environments) : ["${local.iam}:policy/${var.name_prefix}-${name}-boundary", "${local.iam}:policy/${var.name_prefix}-${name}-ceiling"]]),
  )
}

# The most that a role may ever do which an apply role makes.
data "aws_iam_policy_document" "boundary" {
  for_each = var.environments

  dynamic "statement" {
    for_each = each.value.boundary_statements

    content {
      sid       = replace(title(replace(statement.key, "/[^a-zA-Z0-9]+/", " ")), " ", "")
      effect    = statement.value.effect
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

resource "aws_iam_policy" "boundary" {
  for_each = var.environments

  name        = "${var.name_prefix}-${each.key}-boundary"
  description = "The most that a role may do which CI makes for ${var.name_prefix} ${each.key}."
  policy      = data.aws_iam_policy_document.boundary[each.key].json
  tags        = var.tags
}

# The most that the roles of CI may ever do, whoever attaches what to them.
data "aws_iam_policy_document" "ceiling" {
  for_each = var.environments

  statement {
    sid       = "TheServicesInUse"
    actions   = [for service in var.ceiling_services : "${service}:*"]
    resources = ["*"]
  }

  statement {
    sid       = "ReadIdentities"
    actions   = ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:ListInstanceProfilesForRole", "iam:ListPolicyVersions", "iam:ListRolePolicies", "iam:ListRoleTags"]
    resources = ["*"]
  }

  statement {
    sid = "RolesOfTheEnvironment"
    actions = [
      "iam:CreateRole", "iam:DeleteRole", "iam:DeleteRolePolicy", "iam:PassRole", "iam:PutRolePermissionsBoundary",
      "iam:PutRolePolicy", "iam:TagRole", "iam:UntagRole", "iam:UpdateAssumeRolePolicy", "iam:UpdateRole", "iam:UpdateRoleDescription",
    ]
    resources = ["${local.iam}:role/${var.name_prefix}-${each.key}-*"]
  }

  statement {
    sid       = "NoRoleWithoutTheBoundary"
    effect    = "Deny"
    actions   = ["iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"]
    resources = ["*"]

    condition {
      test     = "StringNotEquals"
      variable = "iam:PermissionsBoundary"
      values   = [local.boundary_arns[each.key]]
    }
  }

  statement {
    sid         = "CiIsNotForCiToChange"
    effect      = "Deny"
    not_actions = ["iam:GetPolicy", "iam:GetPolicyVersion", "iam:GetRole", "iam:ListAttachedRolePolicies", "iam:ListPolicyVersions", "iam:ListRolePolicies"]
    resources   = local.guarded
  }
}

resource "aws_iam_policy" "ceiling" {
  for_each = var.environments

  name        = "${var.name_prefix}-${each.key}-ceiling"
  description = "The most that CI's own roles may do for ${var.name_prefix} ${each.key}."
  policy      = data.aws_iam_policy_document.ceiling[each.key].json
  tags        = var.tags
}
