output "alias_name" {
  description = "The key's alias, with the prefix `alias/`."
  value       = aws_kms_alias.this.name
}

output "arn" {
  description = "The key's ARN."
  value       = aws_kms_key.this.arn
}

output "key_id" {
  description = "The key's id."
  value       = aws_kms_key.this.key_id
}

output "policy_statements" {
  description = "What an identity needs to use the key: `decrypt` to read what is encrypted with it, `encrypt` to write it."
  value = {
    decrypt = {
      actions   = ["kms:Decrypt", "kms:DescribeKey"]
      resources = [aws_kms_key.this.arn]
    }
    encrypt = {
      actions   = ["kms:DescribeKey", "kms:Encrypt", "kms:GenerateDataKey"]
      resources = [aws_kms_key.this.arn]
    }
  }
}
