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
  values = { arn = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/vendedlogs/states/example-greetings" }
}

override_resource {
  target = aws_iam_role.this
  values = { arn = "arn:aws:iam::111122223333:role/example-greetings" }
}

override_resource {
  target = aws_iam_role_policy.this
}

override_resource {
  target = aws_sfn_state_machine.this
  values = {
    arn                       = "arn:aws:states:us-east-1:111122223333:stateMachine:example-greetings"
    state_machine_version_arn = "arn:aws:states:us-east-1:111122223333:stateMachine:example-greetings:1"
  }
}

override_resource {
  target = aws_sfn_alias.live
}

override_resource {
  target = aws_cloudwatch_metric_alarm.this
}

variables {
  name        = "example-greetings"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  functions = {
    greet = "arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live"
    leave = "arn:aws:lambda:us-east-1:111122223333:function:example-farewells:live"
  }
  definition = "{\"StartAt\": \"Greet\", \"States\": {\"Greet\": {\"Type\": \"Task\", \"Resource\": \"arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live\", \"End\": true}}}"
}

run "may_invoke_its_functions_use_its_key_for_itself_and_deliver_its_log" {
  assert {
    condition = jsondecode(aws_iam_role_policy.this.policy).Statement == [
      {
        Sid      = "InvokeFunctions"
        Effect   = "Allow"
        Action   = "lambda:InvokeFunction"
        Resource = ["arn:aws:lambda:us-east-1:111122223333:function:example-greetings:live", "arn:aws:lambda:us-east-1:111122223333:function:example-farewells:live"]
      },
      {
        Sid       = "EncryptExecutions"
        Effect    = "Allow"
        Action    = ["kms:GenerateDataKey", "kms:Decrypt"]
        Resource  = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
        Condition = { StringEquals = { "kms:EncryptionContext:aws:states:stateMachineArn" = "arn:aws:states:us-east-1:111122223333:stateMachine:example-greetings" } }
      },
      {
        Sid       = "EncryptLogs"
        Effect    = "Allow"
        Action    = "kms:GenerateDataKey"
        Resource  = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
        Condition = { StringEquals = { "kms:EncryptionContext:SourceArn" = "arn:aws:logs:us-east-1:111122223333:*" } }
      },
      {
        Sid    = "DeliverLogs"
        Effect = "Allow"
        Action = [
          "logs:UpdateLogDelivery", "logs:PutResourcePolicy", "logs:ListLogDeliveries", "logs:GetLogDelivery",
          "logs:DescribeResourcePolicies", "logs:DescribeLogGroups", "logs:DeleteLogDelivery", "logs:CreateLogDelivery",
        ]
        Resource = "*"
      },
    ]
    error_message = "The policy is ${aws_iam_role_policy.this.policy}."
  }
}

run "is_assumed_by_step_functions_for_this_machine_alone" {
  assert {
    condition = jsondecode(aws_iam_role.this.assume_role_policy).Statement == [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "states.amazonaws.com" }
      Condition = {
        ArnLike      = { "aws:SourceArn" = "arn:aws:states:us-east-1:111122223333:stateMachine:example-greetings" }
        StringEquals = { "aws:SourceAccount" = "111122223333" }
      }
    }]
    error_message = "The trust policy is ${aws_iam_role.this.assume_role_policy}."
  }
}

run "grants_each_verb_its_actions_on_this_machine" {
  assert {
    condition = { for verb, statement in output.policy_statements : verb => concat(statement.actions, statement.resources, [for c in statement.conditions : "${c.test} ${c.variable} ${join(" ", c.values)}"]) } == {
      answer_tasks        = ["states:SendTaskFailure", "states:SendTaskSuccess", "arn:aws:states:us-east-1:111122223333:stateMachine:example-greetings"]
      describe_executions = ["states:DescribeExecution", "arn:aws:states:us-east-1:111122223333:execution:example-greetings:*"]
      decrypt = [
        "kms:Decrypt", "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555",
        "StringEquals kms:ViaService states.us-east-1.amazonaws.com",
        "StringEquals kms:EncryptionContext:aws:states:stateMachineArn arn:aws:states:us-east-1:111122223333:stateMachine:example-greetings",
      ]
      start = ["states:StartExecution", "arn:aws:states:us-east-1:111122223333:stateMachine:example-greetings", "ForAnyValue:StringEquals states:StateMachineQualifier live"]
    }
    error_message = "The statements are ${jsonencode(output.policy_statements)}."
  }
}
