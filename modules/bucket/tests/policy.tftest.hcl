mock_provider "aws" {
  source = "../testing/mocks"
}

override_resource {
  target          = aws_s3_bucket.this
  override_during = plan
  values = {
    arn = "arn:aws:s3:::example-reports"
    id  = "example-reports"
  }
}

variables {
  name        = "example-reports"
  kms_key_arn = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555"
  prefixes    = { daily = "daily/" }
}

run "refuses_plain_http_old_tls_and_any_other_encryption" {
  command = plan

  assert {
    condition = {
      for statement in data.aws_iam_policy_document.this.statement : statement.sid => {
        actions   = join(" ", statement.actions)
        condition = join(" and ", sort([for c in statement.condition : "${c.test} ${c.variable} ${join(" ", c.values)}"]))
      }
      } == {
      OnlyTls = {
        actions   = "s3:*"
        condition = "Bool aws:SecureTransport false and NotIpAddress aws:SourceIp 127.0.0.0/8"
      }
      OnlyTlsFromVersion12 = {
        actions   = "s3:*"
        condition = "NumericLessThan s3:TlsVersion 1.2"
      }
      OnlyKms = {
        actions   = "s3:PutObject"
        condition = "Null s3:x-amz-server-side-encryption false and StringNotEquals s3:x-amz-server-side-encryption aws:kms"
      }
      OnlyThisKey = {
        actions   = "s3:PutObject"
        condition = "Null s3:x-amz-server-side-encryption-aws-kms-key-id false and StringNotEquals s3:x-amz-server-side-encryption-aws-kms-key-id ${var.kms_key_arn}"
      }
      NoCustomerProvidedKey = {
        actions   = "s3:PutObject"
        condition = "Null s3:x-amz-server-side-encryption-customer-algorithm false"
      }
    }
    error_message = "The bucket policy says ${jsonencode(data.aws_iam_policy_document.this.statement)}."
  }

  assert {
    condition = alltrue([
      for statement in data.aws_iam_policy_document.this.statement :
      statement.effect == "Deny" && one(statement.principals).type == "*" && contains(statement.resources, "${output.arn}/*")
    ])
    error_message = "A rule of the bucket policy grants something, or leaves somebody or some object out."
  }
}

run "grants_each_verb_its_action_on_the_bucket" {
  command = plan

  assert {
    condition = jsonencode(output.policy_statements) == jsonencode({
      delete = { actions = ["s3:DeleteObject"], conditions = [], resources = ["arn:aws:s3:::example-reports/*"] }
      list   = { actions = ["s3:ListBucket"], conditions = [], resources = ["arn:aws:s3:::example-reports"] }
      read   = { actions = ["s3:GetObject"], conditions = [], resources = ["arn:aws:s3:::example-reports/*"] }
      write  = { actions = ["s3:PutObject"], conditions = [], resources = ["arn:aws:s3:::example-reports/*"] }
    })
    error_message = "The policy statements are ${jsonencode(output.policy_statements)}."
  }
}

run "holds_a_prefixs_statements_to_the_prefix" {
  command = plan

  assert {
    condition = jsonencode(output.prefix_policy_statements) == jsonencode({
      daily = {
        delete = { actions = ["s3:DeleteObject"], conditions = [], resources = ["arn:aws:s3:::example-reports/daily/*"] }
        list = {
          actions    = ["s3:ListBucket"]
          conditions = [{ test = "StringLike", values = ["daily/*"], variable = "s3:prefix" }]
          resources  = ["arn:aws:s3:::example-reports"]
        }
        read  = { actions = ["s3:GetObject"], conditions = [], resources = ["arn:aws:s3:::example-reports/daily/*"] }
        write = { actions = ["s3:PutObject"], conditions = [], resources = ["arn:aws:s3:::example-reports/daily/*"] }
      }
    })
    error_message = "The policy statements are ${jsonencode(output.prefix_policy_statements)}."
  }
}

run "lets_a_service_read_for_the_resource_named_and_no_other" {
  command = plan

  override_data {
    target = data.aws_service_principal.readers
    values = { name = "cloudfront.amazonaws.com" }
  }

  variables {
    readers = {
      shop-window = {
        service    = "cloudfront"
        source_arn = "arn:aws:cloudfront::111122223333:distribution/E1234567890ABC"
        prefix     = "pictures/"
      }
    }
  }

  assert {
    condition = jsonencode([
      for statement in data.aws_iam_policy_document.this.statement : {
        actions   = statement.actions
        principal = one(statement.principals).identifiers
        resources = statement.resources
        sid       = statement.sid
        source    = { for c in statement.condition : "${c.test} ${c.variable}" => c.values }
      } if statement.effect != "Deny"
      ]) == jsonencode([{
        actions   = ["s3:GetObject"]
        principal = ["cloudfront.amazonaws.com"]
        resources = ["arn:aws:s3:::example-reports/pictures/*"]
        sid       = "ReadShopWindow"
        source    = { "StringEquals aws:SourceArn" = ["arn:aws:cloudfront::111122223333:distribution/E1234567890ABC"] }
    }])
    error_message = "The bucket policy says ${jsonencode(data.aws_iam_policy_document.this.statement)}."
  }
}

run "adds_a_statement_about_a_part_of_the_bucket" {
  command = plan

  variables {
    further_statements = {
      readers = {
        principals = { type = "AWS", identifiers = ["arn:aws:iam::444455556666:root"] }
        actions    = ["s3:GetObject", "s3:ListBucket"]
        prefix     = "daily/"
        conditions = [{ test = "StringEquals", variable = "aws:PrincipalTag/team", values = ["reports"] }]
      }
    }
  }

  assert {
    condition = [
      for statement in data.aws_iam_policy_document.this.statement : {
        resources  = toset(statement.resources)
        actions    = toset(statement.actions)
        principals = [for principal in statement.principals : join(" ", concat([principal.type], tolist(principal.identifiers)))]
        conditions = [for c in statement.condition : "${c.test} ${c.variable} ${join(" ", c.values)}"]
      } if statement.sid == "Furtherreaders" && statement.effect == "Allow"
      ] == [{
        resources  = toset([output.arn, "${output.arn}/daily/*"])
        actions    = toset(["s3:GetObject", "s3:ListBucket"])
        principals = ["AWS arn:aws:iam::444455556666:root"]
        conditions = ["StringEquals aws:PrincipalTag/team reports"]
    }]
    error_message = "The bucket policy says ${jsonencode(data.aws_iam_policy_document.this.statement)}."
  }
}
