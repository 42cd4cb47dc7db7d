data "aws_partition" "current" {}

locals {
  log_group    = provider::aws::arn_parse(aws_cloudwatch_log_group.this.arn)
  function_arn = "arn:${local.log_group.partition}:lambda:${local.log_group.region}:${local.log_group.account_id}:function:${var.name}"
}

# A function's name is the region's and a role's the account's: `orders@us-east-1`. Neither @ nor + can be in a function's
# name, so no two functions have one role, and what is too long for a role is cut and told apart by its hash.
locals {
  role_region = "@${data.aws_region.current.id}"
  role_length = 64 - length(local.role_region)
  role_stem   = length(var.name) <= local.role_length ? var.name : "${substr(var.name, 0, local.role_length - 9)}+${substr(sha1(var.name), 0, 8)}"
}

# Whether there is a role is asked of the object: its ARN may be unknown until it is applied.
locals {
  makes_role = var.existing_role == null
  role_arn   = local.makes_role ? one(aws_iam_role.this[*].arn) : var.existing_role.arn
  role_name  = local.makes_role ? one(aws_iam_role.this[*].name) : element(split("/", var.existing_role.arn), -1)

  # https://docs.aws.amazon.com/aws-managed-policy/latest/reference/AWSLambdaVPCAccessExecutionRole.html, but for its logs.
  network_interface_actions = [
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
  ]
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

  # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html: Lambda writes there with the function's role.
  # A bucket of that name in another account, made once this one is deleted, gets nothing.
  dynamic "statement" {
    for_each = var.on_failure[*]

    content {
      sid       = "WriteFailedEvents"
      actions   = ["s3:PutObject"]
      resources = ["${statement.value.bucket_arn}/aws/lambda/async/${var.name}/*"]

      condition {
        test     = "StringEquals"
        variable = "s3:ResourceAccount"
        values   = [local.log_group.account_id]
      }
    }
  }

  dynamic "statement" {
    for_each = var.on_failure[*]

    content {
      sid       = "FindFailureDestination"
      actions   = ["s3:ListBucket"]
      resources = [statement.value.bucket_arn]
    }
  }

  dynamic "statement" {
    for_each = var.on_failure[*]

    content {
      sid       = "EncryptFailedEvents"
      actions   = ["kms:GenerateDataKey"]
      resources = [coalesce(statement.value.kms_key_arn, var.kms_key_arn)]

      condition {
        test     = "StringEquals"
        variable = "kms:ViaService"
        values   = ["s3.${local.log_group.region}.${data.aws_partition.current.dns_suffix}"]
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

  # Lambda makes the function's network interfaces with its role. The function's own code may not: the second statement.
  # https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html
  dynamic "statement" {
    for_each = var.vpc[*]

    content {
      sid     = "ManageNetworkInterfaces"
      actions = local.network_interface_actions
      #checkov:skip=CKV_AWS_111:The managed policy's own resource: DescribeNetworkInterfaces knows no other, and the interfaces have no names yet.
      #checkov:skip=CKV_AWS_356:The managed policy's own resource: DescribeNetworkInterfaces knows no other, and the interfaces have no names yet.
      resources = ["*"]
    }
  }

  dynamic "statement" {
    for_each = var.vpc[*]

    content {
      sid     = "LeaveNetworkInterfacesToLambda"
      effect  = "Deny"
      actions = local.network_interface_actions
      # All of them: it denies what the statement above allows.
      resources = ["*"]

      condition {
        test     = "ArnEquals"
        variable = "lambda:SourceFunctionArn"
        values   = [local.function_arn]
      }
    }
  }
}

resource "aws_iam_role" "this" {
  count = local.makes_role ? 1 : 0

  name                 = "${local.role_stem}${local.role_region}"
  path                 = var.role_path
  description          = "What the function ${var.name} may do."
  assume_role_policy   = data.aws_iam_policy_document.assume_role.json
  permissions_boundary = var.permissions_boundary_arn
  tags                 = var.tags

  # A role under another name is there, with what it may do, before the function gives up the old one.
  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy" "this" {
  count = local.makes_role ? 1 : 0

  name   = "function"
  role   = aws_iam_role.this[0].name
  policy = data.aws_iam_policy_document.this.json

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_iam_role_policy_attachment" "this" {
  for_each = local.makes_role ? var.managed_policy_arns : {}

  role       = aws_iam_role.this[0].name
  policy_arn = each.value

  lifecycle {
    create_before_destroy = true
  }
}
