locals {
  log_group    = provider::aws::arn_parse(aws_cloudwatch_log_group.this.arn)
  function_arn = "arn:${local.log_group.partition}:lambda:${local.log_group.region}:${local.log_group.account_id}:function:${var.name}"
}

data "aws_iam_policy_document" "assume_role" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_iam_policy_document" "this" {
  statement {
    sid       = "WriteOwnLog"
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.this.arn}:log-stream:*"]
  }

  dynamic "statement" {
    for_each = length(var.environment) > 0 ? [var.kms_key_arn] : []

    content {
      sid       = "ReadOwnEnvironment"
      actions   = ["kms:Decrypt"]
      resources = [statement.value]

      condition {
        test     = "StringLike"
        variable = "kms:EncryptionContext:aws:lambda:FunctionArn"
        values   = [local.function_arn, "${local.function_arn}:*"]
      }
    }
  }

  dynamic "statement" {
    for_each = var.policy_statements

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

  dynamic "statement" {
    for_each = var.tracing_mode == "Active" ? [var.tracing_mode] : []

    content {
      sid     = "WriteTraces"
      actions = ["xray:PutTelemetryRecords", "xray:PutTraceSegments"]
      #checkov:skip=CKV_AWS_111:X-Ray's write actions know no resources.
      #checkov:skip=CKV_AWS_356:X-Ray's write actions know no resources.
      resources = ["*"]
    }
  }
}

resource "aws_iam_role" "this" {
  name                 = var.name
  description          = "What the function ${var.name} may do."
  assume_role_policy   = data.aws_iam_policy_document.assume_role.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags
}

resource "aws_iam_role_policy" "this" {
  name   = "function"
  role   = aws_iam_role.this.name
  policy = data.aws_iam_policy_document.this.json
}
