locals {
  statements = {
    for name, prefix in merge({ "" = "" }, var.prefixes) : name => {
      delete = {
        actions    = ["s3:DeleteObject"]
        resources  = ["${aws_s3_bucket.this.arn}/${prefix}*"]
        conditions = []
      }
      list = {
        actions    = ["s3:ListBucket"]
        resources  = [aws_s3_bucket.this.arn]
        conditions = prefix == "" ? [] : [{ test = "StringLike", variable = "s3:prefix", values = ["${prefix}*"] }]
      }
      read = {
        actions    = ["s3:GetObject"]
        resources  = ["${aws_s3_bucket.this.arn}/${prefix}*"]
        conditions = []
      }
      write = {
        actions    = ["s3:PutObject"]
        resources  = ["${aws_s3_bucket.this.arn}/${prefix}*"]
        conditions = []
      }
    }
  }
}

output "arn" {
  description = "The bucket's ARN."
  value       = aws_s3_bucket.this.arn
}

output "id" {
  description = "The bucket's name, known once the bucket refuses what its policy refuses."
  value       = aws_s3_bucket.this.id
  depends_on  = [aws_s3_bucket_policy.this]
}

output "policy_statements" {
  description = "What an identity needs on the whole bucket: `list`, `read`, `write`, `delete`. The key's statements come beside them."
  value       = local.statements[""]
}

output "prefix_policy_statements" {
  description = "The same statements for each entry of `prefixes`, held to its prefix: `prefix_policy_statements.<name>.write`."
  value       = { for name in keys(var.prefixes) : name => local.statements[name] }
}

output "regional_domain_name" {
  description = "The bucket's own address in its region: what a distribution has as its origin."
  value       = aws_s3_bucket.this.bucket_regional_domain_name
}
