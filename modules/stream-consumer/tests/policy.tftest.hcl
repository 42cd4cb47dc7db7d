# The real provider, offline: it shows the true policy JSON, which a mock does not.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

variables {
  function = {
    name      = "example-orders"
    alias_arn = "arn:aws:lambda:us-east-1:111122223333:function:example-orders:live"
    role_name = "example-orders"
  }
  stream = {
    arn             = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"
    name            = "example-clicks"
    retention_hours = 24
  }
  policy_statements = {
    read_stream = {
      actions   = ["kinesis:GetRecords"]
      resources = ["arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"]
    }
  }
  failure_destination = { bucket_arn = "arn:aws:s3:::example-failures" }
}

run "lets_the_function_read_this_stream_and_write_what_failed" {
  command = plan

  assert {
    condition = jsondecode(aws_iam_role_policy.this[0].policy).Statement == [
      {
        Sid      = "ReadStream"
        Effect   = "Allow"
        Action   = "kinesis:GetRecords"
        Resource = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks"
      },
      {
        Sid      = "WriteFailedBatches"
        Effect   = "Allow"
        Action   = "s3:PutObject"
        Resource = "arn:aws:s3:::example-failures/aws/lambda/*"
      },
      {
        Sid      = "FindFailureDestination"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "arn:aws:s3:::example-failures"
      },
    ]
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }

  assert {
    condition     = aws_iam_role_policy.this[0].role == "example-orders"
    error_message = "The policy goes to the role ${aws_iam_role_policy.this[0].role}."
  }
}

run "lets_the_function_send_what_failed_to_this_queue_only" {
  command = plan

  variables {
    failure_destination = { queue_arn = "arn:aws:sqs:us-east-1:111122223333:failures" }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this[0].policy).Statement, 1, 2) == [{
      Sid      = "SendFailedBatches"
      Effect   = "Allow"
      Action   = "sqs:SendMessage"
      Resource = "arn:aws:sqs:us-east-1:111122223333:failures"
    }] && length(jsondecode(aws_iam_role_policy.this[0].policy).Statement) == 2
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "lets_the_function_publish_what_failed_to_this_topic_only" {
  command = plan

  variables {
    failure_destination = { topic_arn = "arn:aws:sns:us-east-1:111122223333:failures" }
  }

  assert {
    condition = slice(jsondecode(aws_iam_role_policy.this[0].policy).Statement, 1, 2) == [{
      Sid      = "PublishFailedBatches"
      Effect   = "Allow"
      Action   = "sns:Publish"
      Resource = "arn:aws:sns:us-east-1:111122223333:failures"
    }] && length(jsondecode(aws_iam_role_policy.this[0].policy).Statement) == 2
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

# What AWS would make is overridden, so that the consumer's ARN is known and the policy whole.
run "lets_the_function_subscribe_to_its_own_consumer_only" {
  variables {
    fan_out = true
  }

  override_resource {
    target = aws_kinesis_stream_consumer.this
    values = { arn = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks/consumer/example-orders:1700000000" }
  }

  override_resource {
    target = aws_lambda_event_source_mapping.this
  }

  override_resource {
    target = aws_iam_role_policy.this
  }

  override_resource {
    target = aws_cloudwatch_metric_alarm.iterator_age
  }

  override_resource {
    target = aws_cloudwatch_metric_alarm.given_up
  }

  assert {
    condition = [for statement in jsondecode(data.aws_iam_policy_document.this.json).Statement : statement if statement.Sid == "SubscribeConsumer"] == [
      {
        Sid      = "SubscribeConsumer"
        Effect   = "Allow"
        Action   = ["kinesis:SubscribeToShard", "kinesis:DescribeStreamConsumer"]
        Resource = "arn:aws:kinesis:us-east-1:111122223333:stream/example-clicks/consumer/example-orders:1700000000"
      },
    ]
    error_message = "The policy is ${data.aws_iam_policy_document.this.json}."
  }
}
