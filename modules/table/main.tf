locals {
  keys          = concat([var.hash_key], var.range_key == null ? [] : [var.range_key])
  keys_in_words = join(", ", [for key in local.keys : "${key.name} (${key.type})"])
}

# What the table was made with. Terraform would plan changes of it that DynamoDB refuses; each of these keeps what was, so
# that the plan can refuse them.
resource "terraform_data" "keys" {
  input            = local.keys_in_words
  triggers_replace = [var.name]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "terraform_data" "protected_name" {
  input            = var.name
  triggers_replace = [var.deletion_protection ? null : var.name]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "terraform_data" "ttl_attribute" {
  input            = var.ttl_attribute
  triggers_replace = [var.name, var.ttl_attribute == null]

  lifecycle {
    ignore_changes = [input]
  }
}

resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = "PAY_PER_REQUEST"
  hash_key                    = var.hash_key.name
  range_key                   = one(var.range_key[*].name)
  deletion_protection_enabled = var.deletion_protection
  tags                        = var.tags

  dynamic "attribute" {
    for_each = { for key in local.keys : key.name => key.type }

    content {
      name = attribute.key
      type = attribute.value
    }
  }

  point_in_time_recovery {
    enabled = var.point_in_time_recovery
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }

  dynamic "ttl" {
    for_each = var.ttl_attribute[*]

    content {
      attribute_name = ttl.value
      enabled        = true
    }
  }

  lifecycle {
    # A table under a new name is there before the old one goes.
    create_before_destroy = true

    precondition {
      condition     = terraform_data.keys.output == local.keys_in_words
      error_message = "The table ${var.name} has the keys ${terraform_data.keys.output}, and DynamoDB changes no table's keys. Give the table that has ${local.keys_in_words} another name."
    }

    precondition {
      condition     = !var.deletion_protection || terraform_data.protected_name.output == var.name
      error_message = "The table ${terraform_data.protected_name.output} is protected from deletion, so another name cannot replace it. Apply deletion_protection = false first, and the name ${var.name} after it."
    }

    # https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_UpdateTimeToLive.html
    precondition {
      condition     = try(terraform_data.ttl_attribute.output == var.ttl_attribute, true)
      error_message = "The items of ${var.name} expire by ${coalesce(terraform_data.ttl_attribute.output, "nothing")}, and DynamoDB takes another attribute only when that is off. Apply ttl_attribute = null first, and ${coalesce(var.ttl_attribute, "nothing")} an hour after it."
    }
  }
}
