data "aws_iam_policy_document" "this" {
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

  # Beside what reading the stream takes:
  # https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-create.html
  dynamic "statement" {
    for_each = aws_kinesis_stream_consumer.this[*].arn

    content {
      sid       = "SubscribeConsumer"
      actions   = ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"]
      resources = [statement.value]
    }
  }

  # https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
  dynamic "statement" {
    for_each = [for statement in local.failure_statements : statement if statement.arn != null]

    content {
      sid       = statement.value.sid
      actions   = [statement.value.action]
      resources = ["${statement.value.arn}${statement.value.below}"]
    }
  }
}

locals {
  failure_statements = [
    { sid = "WriteFailedBatches", action = "s3:PutObject", arn = var.failure_destination.bucket_arn, below = "/aws/lambda/*" },
    # Lambda checks with it that the bucket exists, and refuses the mapping without it.
    { sid = "FindFailureDestination", action = "s3:ListBucket", arn = var.failure_destination.bucket_arn, below = "" },
    { sid = "SendFailedBatches", action = "sqs:SendMessage", arn = var.failure_destination.queue_arn, below = "" },
    { sid = "PublishFailedBatches", action = "sns:Publish", arn = var.failure_destination.topic_arn, below = "" },
  ]
}

# Neither @ nor + can be in a stream's name: what is too long for a policy is cut and told apart by its hash.
locals {
  policy      = "consume-${local.source}"
  policy_name = length(local.policy) <= 128 ? local.policy : "${substr(local.policy, 0, 119)}+${substr(sha1(local.policy), 0, 8)}"
}

resource "aws_iam_role_policy" "this" {
  count = var.function.attach_policy ? 1 : 0

  name   = local.policy_name
  role   = var.function.role_name
  policy = data.aws_iam_policy_document.this.json
}
