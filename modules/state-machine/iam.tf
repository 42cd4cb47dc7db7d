data "aws_partition" "current" {}
data "aws_region" "current" {}

# A machine's name is the region's and a role's the account's: `orders.machine@us-east-1`. Neither a period nor @ nor + can be in
# a machine's name, so no two machines have one role, and what is too long for a role is cut and told apart by its hash.
locals {
  role_end    = ".machine@${data.aws_region.current.id}"
  role_length = 64 - length(local.role_end)
  role_stem   = length(var.name) <= local.role_length ? var.name : "${substr(var.name, 0, local.role_length - 9)}+${substr(sha1(var.name), 0, 8)}"
}

# https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html
data "aws_iam_policy_document" "assume_role" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["states.amazonaws.com"]
    }

    condition {
      test     = "ArnLike"
      variable = "aws:SourceArn"
      values   = [local.arn]
    }

    condition {
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.log_group.account_id]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "InvokeFunctions"
    actions   = ["lambda:InvokeFunction"]
    resources = sort(values(var.functions))
  }

  # The role calls KMS itself, so no service stands between that a condition could name:
  # https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html
  statement {
    sid       = "EncryptExecutions"
    actions   = ["kms:Decrypt", "kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:aws:states:stateMachineArn"
      values   = [local.arn]
    }
  }

  statement {
    sid       = "EncryptLogs"
    actions   = ["kms:GenerateDataKey"]
    resources = [var.kms_key_arn]

    condition {
      test     = "StringEquals"
      variable = "kms:EncryptionContext:SourceArn"
      values   = ["arn:${local.log_group.partition}:logs:${local.here}:*"]
    }
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  statement {
    sid = "DeliverLogs"
    actions = [
      "logs:CreateLogDelivery",
      "logs:DeleteLogDelivery",
      "logs:DescribeLogGroups",
      "logs:DescribeResourcePolicies",
      "logs:GetLogDelivery",
      "logs:ListLogDeliveries",
      "logs:PutResourcePolicy",
      "logs:UpdateLogDelivery",
    ]
    #checkov:skip=CKV_AWS_111:Log deliveries know no resources.
    #checkov:skip=CKV_AWS_356:Log deliveries know no resources.
    resources = ["*"]
  }
}

resource "aws_iam_role" "this" {
  name                 = "${local.role_stem}${local.role_end}"
  path                 = var.role_path
  description          = "What the state machine ${var.name} may do."
  assume_role_policy   = data.aws_iam_policy_document.assume_role.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "machine"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.this.json

  # Another path is another role of the same name, and IAM deletes none that has a policy.
  lifecycle {
    replace_triggered_by = [aws_iam_role.this.arn]
  }
}
