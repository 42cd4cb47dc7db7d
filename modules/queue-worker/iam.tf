data "aws_iam_policy_document" "this" {
  # https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
  statement {
    sid       = "ReceiveMessages"
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = [aws_sqs_queue.this.arn]
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
}

resource "aws_iam_role_policy" "this" {
  count = var.function.attach_policy ? 1 : 0

  name   = "work-${var.name}"
  role   = var.function.role_name
  policy = data.aws_iam_policy_document.this.json
}

# A few services have another domain in China and in the isolated partitions; which, the provider knows.
data "aws_service_principal" "senders" {
  for_each = var.senders

  service_name = each.value.service
}

data "aws_iam_policy_document" "queue" {
  for_each = { this = { arn = aws_sqs_queue.this.arn, senders = var.senders }, dead_letters = { arn = aws_sqs_queue.dead_letters.arn, senders = {} } }

  statement {
    sid       = "OnlyTls"
    effect    = "Deny"
    actions   = ["sqs:*"]
    resources = [each.value.arn]

    principals {
      type        = "*"
      identifiers = ["*"]
    }

    condition {
      test     = "Bool"
      variable = "aws:SecureTransport"
      values   = ["false"]
    }

    # No request reaches AWS from a loopback address; one that has it is an emulator's, which speaks HTTP.
    condition {
      test     = "NotIpAddress"
      variable = "aws:SourceIp"
      values   = ["127.0.0.0/8"]
    }
  }

  dynamic "statement" {
    for_each = each.value.senders

    content {
      sid       = "Send${replace(title(replace(statement.key, "/[^a-zA-Z0-9]+/", " ")), " ", "")}"
      actions   = ["sqs:SendMessage"]
      resources = [each.value.arn]

      principals {
        type        = "Service"
        identifiers = [data.aws_service_principal.senders[statement.key].name]
      }

      condition {
        test     = "ArnEquals"
        variable = "aws:SourceArn"
        values   = [statement.value.source_arn]
      }
    }
  }
}

resource "aws_sqs_queue_policy" "this" {
  queue_url = aws_sqs_queue.this.id
  policy    = data.aws_iam_policy_document.queue["this"].json
}

resource "aws_sqs_queue_policy" "dead_letters" {
  queue_url = aws_sqs_queue.dead_letters.id
  policy    = data.aws_iam_policy_document.queue["dead_letters"].json
}
