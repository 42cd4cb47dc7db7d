mock_provider "aws" {
  source = "../testing/mocks"
}

variables {
  name        = "example-reports"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
}

run "is_private_versioned_and_encrypted_by_default" {
  command = plan

  assert {
    condition = alltrue([
      aws_s3_bucket_public_access_block.this.block_public_acls,
      aws_s3_bucket_public_access_block.this.block_public_policy,
      aws_s3_bucket_public_access_block.this.ignore_public_acls,
      aws_s3_bucket_public_access_block.this.restrict_public_buckets,
    ])
    error_message = "A part of public access is not blocked."
  }

  assert {
    condition     = one(aws_s3_bucket_ownership_controls.this.rule).object_ownership == "BucketOwnerEnforced"
    error_message = "Access control lists are in force."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Enabled"
    error_message = "Overwritten objects are lost."
  }

  assert {
    condition = (
      one(one(aws_s3_bucket_server_side_encryption_configuration.this.rule).apply_server_side_encryption_by_default).kms_master_key_id == var.kms_key_arn
      && one(aws_s3_bucket_server_side_encryption_configuration.this.rule).bucket_key_enabled
    )
    error_message = "Objects are not encrypted with the key that was given, by way of a bucket key."
  }

  assert {
    condition     = !aws_s3_bucket.this.force_destroy
    error_message = "Destroying the bucket would delete what is in it."
  }
}

run "keeps_objects_for_ever_and_their_old_versions_for_a_month_by_default" {
  command = plan

  assert {
    condition = (
      one(one(aws_s3_bucket_lifecycle_configuration.this.rule).expiration).expired_object_delete_marker
      && one(one(aws_s3_bucket_lifecycle_configuration.this.rule).noncurrent_version_expiration).noncurrent_days == 30
      && one(one(aws_s3_bucket_lifecycle_configuration.this.rule).abort_incomplete_multipart_upload).days_after_initiation == 7
    )
    error_message = "The lifecycle is not the default one."
  }
}

run "expires_objects_where_asked" {
  command = plan

  variables {
    lifecycle_days = { expire = 90, expire_noncurrent = 1 }
    versioning     = false
  }

  assert {
    condition = (
      one(one(aws_s3_bucket_lifecycle_configuration.this.rule).expiration).days == 90
      && one(one(aws_s3_bucket_lifecycle_configuration.this.rule).noncurrent_version_expiration).noncurrent_days == 1
    )
    error_message = "Objects do not expire after 90 days, their old versions after one."
  }

  assert {
    condition     = one(aws_s3_bucket_versioning.this.versioning_configuration).status == "Suspended"
    error_message = "Versioning stays on."
  }
}

run "expires_a_part_of_the_bucket_where_asked" {
  command = plan

  variables {
    expiring_prefixes = { drafts = { prefix = "drafts/", days = 7 } }
  }

  assert {
    condition = [
      for rule in aws_s3_bucket_lifecycle_configuration.this.rule :
      "${one(rule.filter).prefix} ${one(rule.expiration).days} ${one(rule.noncurrent_version_expiration).noncurrent_days}" if rule.id == "expire-drafts"
    ] == ["drafts/ 7 7"]
    error_message = "The part does not expire, or more than it."
  }
}

run "moves_objects_to_cold_storage_that_is_read_as_before_where_asked" {
  command = plan

  variables {
    lifecycle_days = { cold = 30 }
  }

  assert {
    condition     = [for each in one(aws_s3_bucket_lifecycle_configuration.this.rule).transition : "${each.days} ${each.storage_class}"] == ["30 GLACIER_IR"]
    error_message = "Objects do not move to Glacier Instant Retrieval."
  }
}

run "lets_no_page_call_it_and_calls_nobody_by_default" {
  command = plan

  assert {
    condition     = length(aws_s3_bucket_cors_configuration.this) + length(aws_s3_bucket_notification.this) + length(aws_lambda_permission.notify) == 0
    error_message = "There are CORS rules or notifications that nobody asked for."
  }
}

run "lets_the_pages_named_call_it" {
  command = plan

  variables {
    cors = {
      allowed_origins = ["https://shop.example.com", "http://127.0.0.1:*"]
      allowed_methods = ["POST"]
    }
  }

  assert {
    condition = [for rule in aws_s3_bucket_cors_configuration.this[0].cors_rule : {
      origins = rule.allowed_origins
      methods = rule.allowed_methods
      seconds = rule.max_age_seconds
    }] == [{ origins = toset(["https://shop.example.com", "http://127.0.0.1:*"]), methods = toset(["POST"]), seconds = 3600 }]
    error_message = "The rules are ${jsonencode(aws_s3_bucket_cors_configuration.this[0].cors_rule)}."
  }
}

run "notifies_an_alias_of_new_objects_with_a_prefix_and_lets_itself_call_it" {
  variables {
    notify = {
      incoming = {
        prefix = "incoming/"
        function = {
          function_name = "photos"
          alias_name    = "live"
          alias_arn     = "arn:aws:lambda:us-east-1:111122223333:function:photos:live"
        }
      }
    }
  }

  assert {
    condition = [for each in aws_s3_bucket_notification.this[0].lambda_function : [each.id, each.lambda_function_arn, each.filter_prefix, join(",", each.events)]] == [
      ["incoming", "arn:aws:lambda:us-east-1:111122223333:function:photos:live", "incoming/", "s3:ObjectCreated:*"]
    ]
    error_message = "The notifications are ${jsonencode(aws_s3_bucket_notification.this[0].lambda_function)}."
  }

  assert {
    condition = (
      aws_lambda_permission.notify["incoming"].function_name == "photos"
      && aws_lambda_permission.notify["incoming"].qualifier == "live"
      && aws_lambda_permission.notify["incoming"].principal == "s3.amazonaws.com"
      && aws_lambda_permission.notify["incoming"].source_arn == aws_s3_bucket.this.arn
      && aws_lambda_permission.notify["incoming"].source_account == "111122223333"
    )
    error_message = "Somebody else may call the function, or the bucket may not."
  }
}
