# The real provider, offline, for the true policy JSON; nothing is made, as every resource is overridden.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target = aws_cloudwatch_log_group.this
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/example-orders" }
}

override_resource {
  target = aws_iam_role.this
  values = { arn = "arn:aws:iam::111122223333:role/example-orders" }
}

override_resource {
  target = aws_iam_role_policy.this
}

override_resource {
  target = aws_lambda_function.this
}

override_resource {
  target = aws_lambda_alias.live
}

override_resource {
  target = aws_lambda_function_event_invoke_config.this
}

override_resource {
  target = aws_cloudwatch_metric_alarm.this
}

variables {
  name        = "example-orders"
  handler     = "orders.handler.handler"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  artifact    = { path = "./main.tf" }
}

run "may_write_its_own_log_and_nothing_else" {
  assert {
    condition = jsondecode(aws_iam_role_policy.this[0].policy).Statement == [{
      Sid      = "WriteOwnLog"
      Effect   = "Allow"
      Action   = ["logs:PutLogEvents", "logs:CreateLogStream"]
      Resource = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/example-orders:log-stream:*"
    }]
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "is_assumed_by_lambda_alone" {
  assert {
    condition = jsondecode(aws_iam_role.this[0].assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "lambda.amazonaws.com" }
    }]
    error_message = "The trust policy is ${aws_iam_role.this[0].assume_role_policy}."
  }
}

run "may_decrypt_its_own_environment_only" {
  variables {
    environment = { TABLE = "orders" }
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement if statement.Sid == "ReadOwnEnvironment"] == [{
      Sid      = "ReadOwnEnvironment"
      Effect   = "Allow"
      Action   = "kms:Decrypt"
      Resource = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
      Condition = {
        StringLike = {
          "kms:EncryptionContext:aws:lambda:FunctionArn" = [
            "arn:aws:lambda:us-east-1:111122223333:function:example-orders",
            "arn:aws:lambda:us-east-1:111122223333:function:example-orders:*",
          ]
        }
      }
    }]
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "may_do_what_its_statements_say" {
  variables {
    policy_statements = {
      write_orders = {
        actions   = ["dynamodb:UpdateItem"]
        resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/orders"]
        conditions = [{
          test     = "StringEquals"
          variable = "dynamodb:ReturnValues"
          values   = ["NONE"]
        }]
      }
    }
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement if statement.Sid != "WriteOwnLog"] == [{
      Sid       = "WriteOrders"
      Effect    = "Allow"
      Action    = "dynamodb:UpdateItem"
      Resource  = "arn:aws:dynamodb:us-east-1:111122223333:table/orders"
      Condition = { StringEquals = { "dynamodb:ReturnValues" = "NONE" } }
    }]
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "may_send_traces_where_they_are_sampled" {
  variables {
    tracing_mode = "Active"
  }

  assert {
    condition     = contains([for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement.Sid], "WriteTraces")
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "may_manage_network_interfaces_in_a_vpc_and_its_code_may_not" {
  variables {
    vpc = { subnet_ids = ["subnet-1"], security_group_ids = ["sg-1"] }
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement if strcontains(statement.Sid, "NetworkInterfaces")] == [
      {
        Sid    = "ManageNetworkInterfaces"
        Effect = "Allow"
        Action = [
          "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces",
          "ec2:DeleteNetworkInterface", "ec2:CreateNetworkInterface", "ec2:AssignPrivateIpAddresses",
        ]
        Resource = "*"
      },
      {
        Sid    = "LeaveNetworkInterfacesToLambda"
        Effect = "Deny"
        Action = [
          "ec2:UnassignPrivateIpAddresses", "ec2:DescribeSubnets", "ec2:DescribeNetworkInterfaces",
          "ec2:DeleteNetworkInterface", "ec2:CreateNetworkInterface", "ec2:AssignPrivateIpAddresses",
        ]
        Resource  = "*"
        Condition = { ArnEquals = { "lambda:SourceFunctionArn" = "arn:aws:lambda:us-east-1:111122223333:function:example-orders" } }
      },
    ]
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "may_write_the_events_that_failed_to_their_bucket_only" {
  variables {
    on_failure = { bucket_arn = "arn:aws:s3:::example-failures" }
  }

  assert {
    condition = [for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement if statement.Sid != "WriteOwnLog"] == [
      {
        Sid       = "WriteFailedEvents"
        Effect    = "Allow"
        Action    = "s3:PutObject"
        Resource  = "arn:aws:s3:::example-failures/aws/lambda/async/example-orders/*"
        Condition = { StringEquals = { "s3:ResourceAccount" = "111122223333" } }
      },
      {
        Sid      = "FindFailureDestination"
        Effect   = "Allow"
        Action   = "s3:ListBucket"
        Resource = "arn:aws:s3:::example-failures"
      },
      {
        Sid       = "EncryptFailedEvents"
        Effect    = "Allow"
        Action    = "kms:GenerateDataKey"
        Resource  = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
        Condition = { StringEquals = { "kms:ViaService" = "s3.us-east-1.amazonaws.com" } }
      },
    ]
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "may_not_do_what_a_statement_denies" {
  variables {
    policy_statements = {
      text_phones  = { actions = ["sns:Publish"], resources = ["*"] }
      leave_topics = { effect = "Deny", actions = ["sns:Publish"], resources = ["arn:aws:sns:*"] }
    }
  }

  assert {
    condition     = { for statement in jsondecode(aws_iam_role_policy.this[0].policy).Statement : statement.Sid => "${statement.Effect} ${statement.Resource}" if statement.Sid != "WriteOwnLog" } == { LeaveTopics = "Deny arn:aws:sns:*", TextPhones = "Allow *" }
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}
