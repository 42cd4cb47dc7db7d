# The real provider, offline: it shows the true policy JSON, which a mock does not.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_resource {
  target = aws_sqs_queue.this
  values = {
    arn = "arn:aws:sqs:us-east-1:111122223333:example-letters"
    url = "https://sqs.us-east-1.amazonaws.com/111122223333/example-letters"
  }
}

override_resource {
  target = aws_sqs_queue.dead_letters
  values = {
    arn = "arn:aws:sqs:us-east-1:111122223333:example-letters-dead-letters"
    url = "https://sqs.us-east-1.amazonaws.com/111122223333/example-letters-dead-letters"
  }
}

override_resource {
  target = aws_sqs_queue_policy.this
}

override_resource {
  target = aws_sqs_queue_policy.dead_letters
}

override_resource {
  target = aws_sqs_queue_redrive_allow_policy.dead_letters
}

override_resource {
  target = aws_lambda_event_source_mapping.this
}

override_resource {
  target = aws_iam_role_policy.this
}

override_resource {
  target = aws_cloudwatch_metric_alarm.this
}

variables {
  name        = "example-letters"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  function = {
    name            = "example-letters"
    alias_arn       = "arn:aws:lambda:us-east-1:111122223333:function:example-letters:live"
    role_name       = "example-letters"
    timeout_seconds = 20
  }
  policy_statements = {
    decrypt = {
      actions   = ["kms:Decrypt"]
      resources = ["arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"]
    }
  }
}

run "lets_the_function_receive_from_this_queue_only" {

  assert {
    condition = jsondecode(aws_iam_role_policy.this[0].policy).Statement == [
      {
        Sid      = "ReceiveMessages"
        Effect   = "Allow"
        Action   = ["sqs:ReceiveMessage", "sqs:GetQueueAttributes", "sqs:DeleteMessage"]
        Resource = "arn:aws:sqs:us-east-1:111122223333:example-letters"
      },
      {
        Sid      = "Decrypt"
        Effect   = "Allow"
        Action   = "kms:Decrypt"
        Resource = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
      },
    ]
    error_message = "The policy is ${aws_iam_role_policy.this[0].policy}."
  }
}

run "lets_nobody_in_without_tls_and_a_service_for_its_resource_only" {
  variables {
    senders = { letters = { service = "sns", source_arn = "arn:aws:sns:us-east-1:111122223333:letters" } }
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.this.policy).Statement : [statement.Sid, statement.Effect]] == [["OnlyTls", "Deny"], ["SendLetters", "Allow"]]
    error_message = "The policy is ${aws_sqs_queue_policy.this.policy}."
  }

  assert {
    condition = jsondecode(aws_sqs_queue_policy.this.policy).Statement[1] == {
      Sid       = "SendLetters"
      Effect    = "Allow"
      Action    = "sqs:SendMessage"
      Resource  = "arn:aws:sqs:us-east-1:111122223333:example-letters"
      Principal = { Service = "sns.amazonaws.com" }
      Condition = { ArnEquals = { "aws:SourceArn" = "arn:aws:sns:us-east-1:111122223333:letters" } }
    }
    error_message = "The policy is ${aws_sqs_queue_policy.this.policy}."
  }

  assert {
    condition     = [for statement in jsondecode(aws_sqs_queue_policy.dead_letters.policy).Statement : statement.Sid] == ["OnlyTls"]
    error_message = "The policy is ${aws_sqs_queue_policy.dead_letters.policy}."
  }
}

run "grants_each_verb_its_actions_and_its_queue" {

  assert {
    condition = { for verb, statement in output.policy_statements : verb => concat(statement.actions, statement.resources) } == {
      receive_dead_letters = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "arn:aws:sqs:us-east-1:111122223333:example-letters-dead-letters"]
      redrive              = ["sqs:CancelMessageMoveTask", "sqs:ListMessageMoveTasks", "sqs:StartMessageMoveTask", "arn:aws:sqs:us-east-1:111122223333:example-letters-dead-letters"]
      send                 = ["sqs:SendMessage", "arn:aws:sqs:us-east-1:111122223333:example-letters"]
    }
    error_message = "The statements are ${jsonencode(output.policy_statements)}."
  }
}
