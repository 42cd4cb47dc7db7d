# The real provider, offline: it shows the true policy JSON, which a mock does not.
provider "aws" {
  region                      = "us-east-1"
  access_key                  = "none"
  secret_key                  = "none"
  skip_credentials_validation = true
  skip_metadata_api_check     = true
  skip_requesting_account_id  = true
}

override_data {
  target = data.aws_caller_identity.current
  values = { account_id = "111122223333" }
}

override_resource {
  target          = aws_kms_key.this
  override_during = plan
  values = {
    arn    = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
    key_id = "11111111-2222-3333-4444-555555555555"
  }
}

variables {
  name               = "example-orders"
  log_group_patterns = ["/aws/lambda/example-orders-*"]
  services           = ["cloudwatch"]
}

run "lets_the_account_its_log_groups_and_the_named_services_use_the_key_and_nobody_else" {
  command = plan

  assert {
    condition = jsondecode(data.aws_iam_policy_document.key.json).Statement == [
      {
        Sid       = "AccountAdministersAndDelegatesToIam"
        Effect    = "Allow"
        Principal = { AWS = "arn:aws:iam::111122223333:root" }
        Action    = "kms:*"
        Resource  = "*"
      },
      {
        Sid       = "LogGroups"
        Effect    = "Allow"
        Principal = { Service = "logs.us-east-1.amazonaws.com" }
        Action    = ["kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Encrypt", "kms:DescribeKey", "kms:Decrypt"]
        Resource  = "*"
        Condition = {
          ArnLike = { "kms:EncryptionContext:aws:logs:arn" = "arn:aws:logs:us-east-1:111122223333:log-group:/aws/lambda/example-orders-*" }
        }
      },
      {
        Sid       = "ServiceCloudwatch"
        Effect    = "Allow"
        Principal = { Service = "cloudwatch.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
        Resource  = "*"
        Condition = { StringEquals = { "aws:SourceAccount" = "111122223333" } }
      },
    ]
    error_message = "The key policy is ${data.aws_iam_policy_document.key.json}."
  }
}

run "lets_the_delivery_of_logs_decrypt_what_was_encrypted_for_them" {
  command = plan

  variables {
    log_delivery       = true
    log_group_patterns = []
    services           = []
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.key.json).Statement[1] == {
      Sid       = "LogDelivery"
      Effect    = "Allow"
      Principal = { Service = "delivery.logs.amazonaws.com" }
      Action    = "kms:Decrypt"
      Resource  = "*"
      Condition = { StringEquals = { "kms:EncryptionContext:SourceArn" = "arn:aws:logs:us-east-1:111122223333:*" } }
    }
    error_message = "The key policy is ${data.aws_iam_policy_document.key.json}."
  }
}

# Source conditions are not supported from EventBridge to an encrypted topic: what it sends would be dropped in silence.
run "holds_eventbridge_to_topics_and_queues_of_the_account_and_asks_for_no_source" {
  command = plan

  variables {
    log_group_patterns = []
    services           = ["events"]
  }

  assert {
    condition = [for statement in slice(jsondecode(data.aws_iam_policy_document.key.json).Statement, 1, 3) : statement] == [
      {
        Sid       = "ServiceEventsSns"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:sns:topicArn" = "arn:aws:sns:us-east-1:111122223333:*" } }
      },
      {
        Sid       = "ServiceEventsSqs"
        Effect    = "Allow"
        Principal = { Service = "events.amazonaws.com" }
        Action    = ["kms:GenerateDataKey*", "kms:Decrypt"]
        Resource  = "*"
        Condition = { ArnLike = { "kms:EncryptionContext:aws:sqs:arn" = "arn:aws:sqs:us-east-1:111122223333:*" } }
      },
    ]
    error_message = "The key policy is ${data.aws_iam_policy_document.key.json}."
  }
}

run "lets_a_service_read_on_behalf_of_the_resources_named" {
  command = plan

  variables {
    log_group_patterns = []
    services           = []
    readers            = { cloudfront = ["arn:aws:cloudfront::111122223333:distribution/*"] }
  }

  assert {
    condition = jsondecode(data.aws_iam_policy_document.key.json).Statement[1] == {
      Sid       = "ReaderCloudfront"
      Effect    = "Allow"
      Principal = { Service = "cloudfront.amazonaws.com" }
      Action    = "kms:Decrypt"
      Resource  = "*"
      Condition = { ArnLike = { "aws:SourceArn" = "arn:aws:cloudfront::111122223333:distribution/*" } }
    }
    error_message = "The key policy is ${data.aws_iam_policy_document.key.json}."
  }
}

run "lets_the_account_alone_use_the_key_where_no_service_is_named" {
  command = plan

  variables {
    log_group_patterns = []
    services           = []
  }

  assert {
    condition     = [for statement in jsondecode(data.aws_iam_policy_document.key.json).Statement : statement.Sid] == ["AccountAdministersAndDelegatesToIam"]
    error_message = "The key policy is ${data.aws_iam_policy_document.key.json}."
  }
}

run "grants_use_of_this_key_only" {
  command = plan

  assert {
    condition     = alltrue([for statement in output.policy_statements : jsonencode(statement.resources) == jsonencode([output.arn])])
    error_message = "A policy statement reaches beyond the key."
  }

  assert {
    condition     = !contains(output.policy_statements.encrypt.actions, "kms:Decrypt") && !contains(output.policy_statements.decrypt.actions, "kms:Encrypt")
    error_message = "Who may write may read too, or the other way round."
  }
}

run "adds_a_statement_to_its_policy" {
  command = plan

  variables {
    log_group_patterns = []
    services           = []
    further_statements = {
      OtherAccount = {
        principals = { type = "AWS", identifiers = ["arn:aws:iam::444455556666:root"] }
        actions    = ["kms:Decrypt"]
        conditions = [{ test = "StringEquals", variable = "kms:ViaService", values = ["s3.us-east-1.amazonaws.com"] }]
      }
    }
  }

  assert {
    condition = jsondecode(output.policy_json).Statement[1] == {
      Sid       = "FurtherOtherAccount"
      Effect    = "Allow"
      Principal = { AWS = "arn:aws:iam::444455556666:root" }
      Action    = "kms:Decrypt"
      Resource  = "*"
      Condition = { StringEquals = { "kms:ViaService" = "s3.us-east-1.amazonaws.com" } }
    }
    error_message = "The key policy is ${output.policy_json}."
  }
}
