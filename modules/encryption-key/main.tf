data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}
data "aws_region" "current" {}

# A few services have another domain in China and in the isolated partitions; which, the provider knows.
data "aws_service_principal" "logs" {
  service_name = "logs"
}

data "aws_service_principal" "services" {
  for_each = var.services

  service_name = each.value
}

data "aws_service_principal" "readers" {
  for_each = var.readers

  service_name = each.key
}

locals {
  arn        = var.existing_key == null ? one(aws_kms_key.this[*].arn) : var.existing_key.arn
  account_id = data.aws_caller_identity.current.account_id
  partition  = data.aws_partition.current.partition
  region     = data.aws_region.current.id

  log_group_arns = [
    for pattern in var.log_group_patterns :
    "arn:${local.partition}:logs:${local.region}:${local.account_id}:log-group:${pattern}"
  ]

  # EventBridge is held to what it encrypts for, since it does not say for whom it calls where a topic is encrypted:
  # docs.aws.amazon.com/sns/latest/dg/sns-key-management.html.
  service_uses = merge(
    { for service in var.services : "Service${title(service)}" => {
      service  = service
      test     = "StringEquals"
      variable = "aws:SourceAccount"
      values   = [local.account_id]
    } if service != "events" },
    { for kind, variable in { sns = "aws:sns:topicArn", sqs = "aws:sqs:arn" } : "ServiceEvents${title(kind)}" => {
      service                     = "events"
      test                        = "ArnLike"
      variable                    = "kms:EncryptionContext:${variable}"
      values                      = ["arn:${local.partition}:${kind}:${local.region}:${local.account_id}:*"]
    } if contains(var.services, "events") },
  )
}

resource "aws_kms_key" "this" {
  count = var.existing_key == null ? 1 : 0

  description             = var.description
  deletion_window_in_days = var.deletion_window_days
  enable_key_rotation     = true
  rotation_period_in_days = var.rotation_period_days
  policy                  = data.aws_iam_policy_document.key.json
  tags                    = var.tags
}

resource "aws_kms_alias" "this" {
  count = var.existing_key == null ? 1 : 0

  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this[0].key_id
}

data "aws_iam_policy_document" "key" {
  #checkov:skip=CKV_AWS_109:In a key policy the resource "*" is this one key, and without the account's statement nobody could ever administer it
  #checkov:skip=CKV_AWS_111:In a key policy the resource "*" is this one key
  #checkov:skip=CKV_AWS_356:In a key policy the resource "*" is this one key
  statement {
    sid       = "AccountAdministersAndDelegatesToIam"
    actions   = ["kms:*"]
    resources = ["*"]

    principals {
      type        = "AWS"
      identifiers = ["arn:${local.partition}:iam::${local.account_id}:root"]
    }
  }

  dynamic "statement" {
    for_each = length(var.log_group_patterns) > 0 ? ["logs"] : []

    content {
      sid       = "LogGroups"
      actions   = ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:DescribeKey"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = ["logs.${local.region}.${data.aws_service_principal.logs.suffix}"]
      }

      condition {
        test     = "ArnLike"
        variable = "kms:EncryptionContext:aws:logs:arn"
        values   = local.log_group_arns
      }
    }
  }

  # https://docs.aws.amazon.com/step-functions/latest/dg/encryption-at-rest.html, held to what was encrypted for this account's
  # logs, as its role encrypts it.
  dynamic "statement" {
    for_each = var.log_delivery ? ["delivery.logs.amazonaws.com"] : []

    content {
      sid       = "LogDelivery"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [statement.value]
      }

      condition {
        test     = "StringEquals"
        variable = "kms:EncryptionContext:SourceArn"
        values   = ["arn:${local.partition}:logs:${local.region}:${local.account_id}:*"]
      }
    }
  }

  dynamic "statement" {
    for_each = local.service_uses

    content {
      sid       = statement.key
      actions   = ["kms:Decrypt", "kms:GenerateDataKey*"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [data.aws_service_principal.services[statement.value.service].name]
      }

      condition {
        test     = statement.value.test
        variable = statement.value.variable
        values   = statement.value.values
      }
    }
  }

  dynamic "statement" {
    for_each = var.readers

    content {
      sid       = "Reader${title(statement.key)}"
      actions   = ["kms:Decrypt"]
      resources = ["*"]

      principals {
        type        = "Service"
        identifiers = [data.aws_service_principal.readers[statement.key].name]
      }

      condition {
        test     = "ArnLike"
        variable = "aws:SourceArn"
        values   = statement.value
      }
    }
  }

  dynamic "statement" {
    for_each = var.further_statements

    content {
      sid     = "Further${statement.key}"
      effect  = statement.value.effect
      actions = statement.value.actions
      # This one key, as in every key policy.
      resources = ["*"]

      principals {
        type        = statement.value.principals.type
        identifiers = statement.value.principals.identifiers
      }

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
