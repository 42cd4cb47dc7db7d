output "alias_name" {
  description = "The key's alias, with the prefix `alias/`; null for an existing key."
  value       = one(aws_kms_alias.this[*].name)
}

output "arn" {
  description = "The key's ARN."
  value       = local.arn

  precondition {
    condition     = var.existing_key == null ? true : split(":", var.existing_key.arn)[3] == local.region
    error_message = "The key ${try(var.existing_key.arn, "")} is of another region: what is encrypted in ${local.region} takes a key from there. Give one, or a replica of a multi-Region key."
  }
}

output "key_id" {
  description = "The key's id."
  value       = var.existing_key == null ? one(aws_kms_key.this[*].key_id) : split("key/", var.existing_key.arn)[1]
}

output "policy_json" {
  description = "The key's policy; of an existing key, what its own has to allow."
  value       = data.aws_iam_policy_document.key.json
}

output "policy_statements" {
  description = "What an identity needs to use the key: `decrypt` to read what is encrypted with it, `encrypt` to write it."
  value = {
    decrypt = {
      actions   = ["kms:Decrypt", "kms:DescribeKey"]
      resources = [local.arn]
    }
    encrypt = {
      actions   = ["kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      resources = [local.arn]
    }
  }
}
