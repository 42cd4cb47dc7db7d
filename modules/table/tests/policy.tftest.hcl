mock_provider "aws" {
  source = "../testing/mocks"
}

override_resource {
  target = aws_dynamodb_table.this
  values = { arn = "arn:aws:dynamodb:us-east-1:111122223333:table/example-orders" }
}

variables {
  name        = "example-orders"
  hash_key    = { name = "customerId" }
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "grants_each_verb_its_actions_and_no_more" {
  assert {
    condition = { for verb, statement in output.policy_statements : verb => statement.actions } == {
      delete = ["dynamodb:DeleteItem"]
      get    = ["dynamodb:BatchGetItem", "dynamodb:GetItem"]
      put    = ["dynamodb:PutItem"]
      query  = ["dynamodb:Query"]
      read   = ["dynamodb:BatchGetItem", "dynamodb:GetItem", "dynamodb:Query", "dynamodb:Scan"]
      scan   = ["dynamodb:Scan"]
      update = ["dynamodb:UpdateItem"]
      write  = ["dynamodb:BatchWriteItem", "dynamodb:DeleteItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
    }
    error_message = "The policy statements are ${jsonencode(output.policy_statements)}."
  }
}

run "grants_it_on_this_table_only" {
  assert {
    condition = alltrue([
      for statement in output.policy_statements :
      statement.resources == ["arn:aws:dynamodb:us-east-1:111122223333:table/example-orders"]
    ])
    error_message = "A policy statement reaches beyond the table."
  }
}

run "grants_reading_an_index_and_not_the_table" {
  variables {
    indexes = { byStatus = { hash_key = { name = "status" } } }
  }

  assert {
    condition = jsonencode(output.index_policy_statements) == jsonencode({
      byStatus = {
        query = { actions = ["dynamodb:Query"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-orders/index/byStatus"] }
        scan  = { actions = ["dynamodb:Scan"], resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-orders/index/byStatus"] }
      }
    })
    error_message = "The statements are ${jsonencode(output.index_policy_statements)}."
  }
}

run "grants_reading_its_streams_and_no_others" {
  variables {
    stream_view_type = "KEYS_ONLY"
  }

  assert {
    condition = jsonencode(output.stream_policy_statements) == jsonencode({
      read = {
        actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"]
        resources = ["arn:aws:dynamodb:us-east-1:111122223333:table/example-orders/stream/*"]
      }
    })
    error_message = "The statements are ${jsonencode(output.stream_policy_statements)}."
  }
}
